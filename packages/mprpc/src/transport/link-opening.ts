import { AgreedCompression } from '../compression/agreed-compression.ts';
import type { Compression } from '../compression/compression.ts';
import { badFrameError, RpcError } from '../errors.ts';
import { unauthenticated } from '../security/authentication.ts';
import type { Handshake, Step } from '../security/handshake.ts';
import { FrameType, GoawayCode, WIRE_VERSION, type WireLimits } from '../wire/constants.ts';
import { Capability, decodeHello, encodeHello, type Hello, HelloField } from '../wire/hello.ts';

/** What both sides of a connection hold to from its opening on. */
export interface Agreement {
  /** What the peer accepts. */
  readonly peerLimits: WireLimits;
  /** What both sides can do: bits of {@link Capability}. */
  readonly capabilities: number;
  /** `undefined` unless both sides compress. */
  readonly compression: AgreedCompression | undefined;
}

/** The link being opened, as its opening sees it. */
export interface OpeningLink {
  /** The other side, for messages. */
  readonly peer: string;
  /** False once it is open, or no longer going to be. */
  readonly isOpening: boolean;
  send(type: number, flags: number, id: number, body: Uint8Array): void;
  /** Both sides are content with each other: calls may pass. */
  opened(agreement: Agreement): void;
  /** Tells the peer what is wrong with it, and closes. */
  reject(error: RpcError, code: number): void;
  /** Closes at once. */
  destroy(error: RpcError): void;
}

/** What the opening waits for: the peer's HELLO, its AUTH, or this side's verdict on it. */
type OpeningState = 'hello' | 'auth' | 'verdict';

/** The beginning of a connection, the same on both sides: HELLO, then AUTH as the handshake wants it. */
export class LinkOpening {
  readonly #link: OpeningLink;
  readonly #limits: WireLimits;
  readonly #handshake: Handshake;
  /** What this side would compress with. */
  readonly #offered: Compression | undefined;
  #state: OpeningState = 'hello';
  #ownHello: Buffer = Buffer.alloc(0);
  #agreement: Agreement | undefined;
  readonly #sendAuth = (body: Uint8Array): void => {
    if (this.#link.isOpening) this.#link.send(FrameType.AUTH, 0, 0, body);
  };

  constructor(
    link: OpeningLink,
    limits: WireLimits,
    handshake: Handshake,
    compression: Compression | undefined,
  ) {
    this.#link = link;
    this.#limits = limits;
    this.#handshake = handshake;
    this.#offered = compression;
  }

  /** True until the peer has said HELLO: it cannot be asked anything before. */
  get awaitsHello(): boolean {
    return this.#state === 'hello';
  }

  /** Says HELLO. */
  start(): void {
    this.#ownHello = encodeHello({
      version: WIRE_VERSION,
      minVersion: WIRE_VERSION,
      capabilities: this.#capabilities,
      ...this.#limits,
      fields:
        this.#offered === undefined
          ? this.#handshake.fields
          : new Map([...this.#handshake.fields, [HelloField.COMPRESSION, this.#offered.accepted]]),
    });
    this.#link.send(FrameType.HELLO, 0, 0, this.#ownHello);
  }

  /**
   * A frame came while the link opens. False when it has nothing to do with that: PING and GOAWAY, once the peer
   * has said HELLO. Throws RpcError `BAD_FRAME` when the peer does not speak the format.
   */
  take(type: number, bytes: Buffer, start: number, end: number): boolean {
    if (this.#state === 'hello') {
      if (type !== FrameType.HELLO) {
        throw badFrameError('the peer does not speak mprpc: its first frame is no HELLO');
      }
      this.#onHello(bytes, start, end);
      return true;
    }
    if (type === FrameType.PING || type === FrameType.GOAWAY) return false;
    if (type !== FrameType.AUTH || this.#state === 'verdict') {
      this.#refuse(unauthenticated(`a frame of type ${type} came before authentication was done`));
    } else {
      const body = Buffer.from(bytes.subarray(start, end));
      this.#step(() => this.#handshake.onAuth(body, this.#sendAuth));
    }
    return true;
  }

  get #capabilities(): number {
    return Capability.STREAMING | (this.#offered === undefined ? 0 : Capability.COMPRESSION);
  }

  #onHello(bytes: Buffer, start: number, end: number): void {
    const hello = decodeHello(bytes, start, end);
    this.#agreement = this.#agree(hello);
    this.#state = 'auth';
    const own = this.#ownHello;
    const other = Buffer.from(bytes.subarray(start, end));
    const transcript =
      this.#handshake.side === 'client'
        ? { client: own, server: other }
        : { client: other, server: own };
    this.#step(() => this.#handshake.onHello(hello, transcript, this.#sendAuth));
  }

  #agree(hello: Hello): Agreement {
    const capabilities = this.#capabilities & hello.capabilities;
    const compression =
      this.#offered === undefined || (capabilities & Capability.COMPRESSION) === 0
        ? undefined
        : new AgreedCompression(this.#offered, hello.fields.get(HelloField.COMPRESSION));
    return { peerLimits: hello, capabilities, compression };
  }

  /** Takes a step of the handshake, which may need time. */
  #step(step: () => Step | Promise<Step>): void {
    let result: Step | Promise<Step>;
    try {
      result = step();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (typeof result === 'string') {
      this.#taken(result);
      return;
    }
    this.#state = 'verdict';
    result.then(
      (later) => {
        this.#state = 'auth';
        this.#taken(later);
      },
      (error: unknown) => this.#refuse(error),
    );
  }

  #taken(step: Step): void {
    if (step === 'done' && this.#agreement !== undefined && this.#link.isOpening) {
      this.#link.opened(this.#agreement);
    }
  }

  #refuse(cause: unknown): void {
    const error =
      cause instanceof RpcError ? cause : unauthenticated(`authentication failed: ${cause}`);
    if (this.#handshake.side === 'server') {
      this.#link.reject(error, GoawayCode.UNAUTHENTICATED);
    } else {
      this.#link.destroy(
        unauthenticated(`${this.#link.peer} is not to be called: ${error.message}`),
      );
    }
  }
}
