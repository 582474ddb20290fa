import { once } from 'node:events';
import {
  BINARY_SUBPROTOCOL,
  ClientEnvelope,
  JSON_SUBPROTOCOL,
  ServerEnvelope,
} from '@mpim/protocol';
import { waitFor } from '@mpim/testkit';
import { WebSocket } from 'ws';

type Request = NonNullable<ClientEnvelope['request']>;

/** A WebSocket client that speaks envelopes and nothing more. */
export class RawClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly received: ServerEnvelope[] = [];
  closed: { code: number; reason: string } | undefined;
  #ids = 0;

  constructor(
    address: string,
    options: { json?: boolean; origin?: string; protocols?: string[] } = {},
  ) {
    const protocols = options.protocols ?? [options.json ? JSON_SUBPROTOCOL : BINARY_SUBPROTOCOL];
    const origin = options.origin === undefined ? {} : { origin: options.origin };
    this.socket = new WebSocket(address, protocols, origin);
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.received.push(
        isBinary
          ? ServerEnvelope.decode(data)
          : ServerEnvelope.fromJSON(JSON.parse(data.toString('utf8'))),
      );
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  /** Connects and says hello with `token-<user>`. */
  static async enter(
    address: string,
    user: string,
    options: { json?: boolean } = {},
  ): Promise<RawClient> {
    const client = new RawClient(address, options);
    await client.opened();
    await client.ask({ $case: 'hello', value: { token: `token-${user}` } });
    return client;
  }

  async opened(): Promise<void> {
    await once(this.socket, 'open');
  }

  /** Sends a request; resolves with the answer's body. */
  async ask(request: Request): Promise<NonNullable<ServerEnvelope['body']>> {
    this.#ids += 1;
    const id = this.#ids;
    const envelope = { id, request };
    const binary = this.socket.protocol === BINARY_SUBPROTOCOL;
    this.socket.send(
      binary
        ? ClientEnvelope.encode(envelope).finish()
        : JSON.stringify(ClientEnvelope.toJSON(envelope)),
    );
    const answer = await waitFor(() => this.received.find((one) => one.id === id), {
      what: `the answer to ${request.$case}`,
      timeoutMs: 3_000,
    });
    if (answer.body === undefined) throw new Error('an answer without a body');
    return answer.body;
  }

  /** The pushes so far. */
  get pushes(): NonNullable<ServerEnvelope['body']>[] {
    return this.received.flatMap(({ id, body }) => (id === 0 && body !== undefined ? [body] : []));
  }

  untilClosed(): Promise<{ code: number; reason: string }> {
    return waitFor(() => this.closed, { what: 'the close', timeoutMs: 3_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close');
  }
}
