import type { AuthPacket } from '../../protocol/index.ts';
import { requestTooLong } from '../calls/packet-limits.ts';
import type { Connection } from '../connection/connection.ts';
import { ZooKeeperError } from '../errors.ts';
import { Fifo } from '../fifo.ts';

/** An identity to show to servers. */
export interface Identity {
  /** Such as `digest`. */
  readonly scheme: string;
  /** Credentials in the scheme's own form, such as `user:password`. */
  readonly auth: Uint8Array | string;
}

/** Of an auth packet: request header, type and two lengths. */
const HEADER_BYTES = 20;

interface Entry {
  readonly packet: AuthPacket;
  readonly accepted: PromiseWithResolvers<void>;
}

/** The client's identities: shown on each new connection before anything else, in order. */
export class Identities {
  readonly #maxPacketBytes: number;
  readonly #entries: Entry[] = [];
  /** Shown on the current connection and not answered yet. */
  #unanswered = new Fifo<Entry>();

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** Adds one, or throws `BAD_ARGUMENTS` if it is too long to be sent; resolves when a server has accepted it, rejects when one refuses or the session ends. */
  add(identity: Identity): Promise<void> {
    const auth = Buffer.from(identity.auth);
    const bytes = HEADER_BYTES + Buffer.byteLength(identity.scheme) + auth.length;
    if (bytes > this.#maxPacketBytes) {
      const message = `the ${identity.scheme} identity: ${requestTooLong(bytes, this.#maxPacketBytes)}`;
      throw new ZooKeeperError('BAD_ARGUMENTS', message);
    }
    const accepted = Promise.withResolvers<void>();
    // Whoever awaits it hears of a refusal; nobody needs to.
    accepted.promise.catch(() => {});
    this.#entries.push({ packet: { type: 0, scheme: identity.scheme, auth }, accepted });
    return accepted.promise;
  }

  /** Shows the identity added last. */
  showLast(connection: Connection): void {
    const entry = this.#entries.at(-1);
    if (entry !== undefined) this.#show(connection, entry);
  }

  /** Shows all of them on a new connection. */
  showAll(connection: Connection): void {
    this.#unanswered = new Fifo();
    for (const entry of this.#entries) this.#show(connection, entry);
  }

  /** Scheme of the identity that the next answer is about. */
  get oldestUnanswered(): string {
    return this.#unanswered.peek()?.packet.scheme ?? '';
  }

  /** The server has accepted the oldest one unanswered. */
  accepted(): void {
    this.#unanswered.shift()?.accepted.resolve();
  }

  /** Resolves when all known now are accepted. */
  async allAccepted(): Promise<void> {
    await Promise.all(this.#entries.map((entry) => entry.accepted.promise));
  }

  /** No server will answer any more. */
  reject(error: Error): void {
    for (const entry of this.#entries) entry.accepted.reject(error);
  }

  #show(connection: Connection, entry: Entry): void {
    connection.sendAuth(entry.packet);
    this.#unanswered.push(entry);
  }
}
