import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { failure, failureOf, isFault } from '../failure.ts';
import type { TokenBucket } from '../limits/token-bucket.ts';
import type { Codec, EncodedPush } from './codec.ts';
import type { Body, Caller, Request } from './dispatch.ts';

/** Requests of one connection that may be worked on at the same time. */
const MAX_IN_FLIGHT = 256;
/** How long a closed socket may take to say so before it is cut, ms. */
const CLOSE_GRACE_MS = 2_000;

/** WebSocket close codes (RFC 6455 and the IANA registry). */
export const CloseCode = {
  unsupportedData: 1003,
  badFrame: 1007,
  policy: 1008,
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** Why the gateway says goodbye (`envelope.proto`). */
export type GoodbyeReason = 'session-revoked' | 'draining' | 'too-slow' | 'replaced';

/** Who a connection speaks for. */
export interface SessionIdentity {
  readonly user: string;
  readonly sessionId: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** `greeting` until hello, `entering` while it is authenticated and bound, then `open`, then `closed`. */
export type ConnectionPhase =
  | { readonly kind: 'greeting' }
  | { readonly kind: 'entering' }
  | ({ readonly kind: 'open' } & SessionIdentity)
  | { readonly kind: 'closed' };

/** What a connection needs of the gateway. */
export interface ConnectionHost {
  /** Authenticates and registers; rejects with RpcError. Resolves when pushes can reach the connection. */
  enter(connection: ClientConnection, token: string): Promise<SessionIdentity>;
  dispatch(request: Request, caller: Caller): Promise<Body>;
  /** True while no new request is taken. */
  readonly draining: boolean;
  answered(kind: string, code: string, startedAt: number): void;
  closed(connection: ClientConnection): void;
}

/** What every connection of a gateway shares. */
export interface ConnectionLimits {
  readonly pingIntervalMs: number;
  readonly maxTextBytes: number;
  readonly maxBufferedBytes: number;
}

/** One client's WebSocket: its phases, its requests, its pushes. */
export class ClientConnection {
  readonly id: string;
  readonly openedAt = Date.now();
  /** Something was heard since the last sweep. */
  alive = true;
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  readonly #host: ConnectionHost;
  readonly #limits: ConnectionLimits;
  readonly #bucket: TokenBucket;
  readonly #logger: Logger;
  #phase: ConnectionPhase = { kind: 'greeting' };
  #inFlight = 0;

  constructor(parts: {
    id: string;
    socket: WebSocket;
    codec: Codec;
    host: ConnectionHost;
    limits: ConnectionLimits;
    bucket: TokenBucket;
    logger: Logger;
  }) {
    this.id = parts.id;
    this.#socket = parts.socket;
    this.#codec = parts.codec;
    this.#host = parts.host;
    this.#limits = parts.limits;
    this.#bucket = parts.bucket;
    this.#logger = parts.logger;
    this.#socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    this.#socket.on('pong', () => {
      this.alive = true;
    });
    this.#socket.on('error', (err) => this.#logger.debug({ err }, 'a connection failed'));
    this.#socket.on('close', () => this.#ended());
  }

  get phase(): ConnectionPhase {
    return this.#phase;
  }

  /** Requests that are being worked on. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Hands a push to an open connection; false when it is not open, which is no loss: it will sync. */
  push(push: EncodedPush): boolean {
    if (this.#phase.kind !== 'open') return false;
    this.#write(push.for(this.#codec));
    return true;
  }

  /** Asks the other side for a sign of life. */
  probe(): void {
    this.alive = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Tells why and closes. Nothing is sent afterwards. */
  goodbye(reason: GoodbyeReason, code: number): void {
    if (this.#phase.kind === 'closed') return;
    this.announce(reason);
    this.close(code, reason);
  }

  /** Tells that the connection will be closed. */
  announce(reason: GoodbyeReason): void {
    if (this.#phase.kind === 'closed') return;
    this.#socket.send(this.#codec.encode({ id: 0, body: { $case: 'goodbye', value: { reason } } }));
  }

  close(code: number, reason: string): void {
    if (this.#phase.kind === 'closed') return;
    this.#phase = { kind: 'closed' };
    this.#host.closed(this);
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  /** Drops the socket at once. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.alive = true;
    if (this.#phase.kind === 'closed') return;
    if (isBinary !== this.#codec.binary) {
      const expected = this.#codec.binary ? 'binary' : 'text';
      this.close(CloseCode.unsupportedData, `${this.#codec.subprotocol} has ${expected} frames`);
      return;
    }
    let id: number;
    let request: Request | undefined;
    try {
      ({ id, request } = this.#codec.decode(data));
    } catch {
      this.close(CloseCode.badFrame, 'the frame is no envelope');
      return;
    }
    if (request === undefined) {
      this.#refuse(id, failure('INVALID_ARGUMENT', 'the envelope has no request known here'));
    } else if (this.#phase.kind === 'open') {
      void this.#serve(id, request, { user: this.#phase.user, connectionId: this.id });
    } else if (this.#phase.kind === 'greeting' && request.$case === 'hello') {
      void this.#hello(id, request.value.token);
    } else {
      this.#refuse(id, failure('UNAUTHENTICATED', 'say hello and wait for the welcome first'));
    }
  }

  async #hello(id: number, token: string): Promise<void> {
    const startedAt = performance.now();
    this.#phase = { kind: 'entering' };
    let identity: SessionIdentity;
    try {
      if (token === '') throw new HelloRefused('UNAUTHENTICATED', 'the hello has no token');
      if (this.#host.draining) throw new HelloRefused('UNAVAILABLE', 'the gateway is stopping');
      identity = await this.#host.enter(this, token);
    } catch (error) {
      const why = error instanceof HelloRefused ? error.failure : failureOf(error);
      this.#host.answered('hello', why.code, startedAt);
      if (isFault(why)) this.#logger.error({ err: error }, 'a hello failed');
      this.#refuse(id, why);
      const code = why.retryable ? CloseCode.tryAgainLater : CloseCode.policy;
      this.close(code, 'hello refused');
      return;
    }
    // Closed in the meantime: by the client, or because the session ended.
    if (this.#phase.kind !== 'entering') return;
    this.#phase = { kind: 'open', ...identity };
    this.#host.answered('hello', 'OK', startedAt);
    const { pingIntervalMs, maxTextBytes } = this.#limits;
    const { user, sessionId } = identity;
    const value = { user, sessionId, connectionId: this.id, pingIntervalMs, maxTextBytes };
    this.#answer(id, { $case: 'welcome', value });
  }

  async #serve(id: number, request: Request, caller: Caller): Promise<void> {
    const startedAt = performance.now();
    const refusal = this.#admit();
    if (refusal !== undefined) {
      this.#host.answered(request.$case, refusal.code, startedAt);
      this.#refuse(id, refusal);
      return;
    }
    this.#inFlight += 1;
    let body: Body;
    try {
      body = await this.#host.dispatch(request, caller);
    } catch (error) {
      const why = failureOf(error);
      if (isFault(why))
        this.#logger.error({ err: error, request: request.$case }, 'a request failed');
      body = { $case: 'failure', value: why };
    }
    this.#inFlight -= 1;
    const code = body.$case === 'failure' ? body.value.code : 'OK';
    this.#host.answered(request.$case, code, startedAt);
    this.#answer(id, body);
  }

  #admit() {
    if (this.#host.draining) {
      return failure('UNAVAILABLE', 'the gateway is stopping; connect again', { retryable: true });
    }
    const retryAfterMs = this.#bucket.take();
    if (retryAfterMs > 0) {
      const facts = { retryable: true, retryAfterMs };
      return failure('RESOURCE_EXHAUSTED', 'too many requests; slow down', facts);
    }
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      const facts = { retryable: true, retryAfterMs: 100 };
      return failure('RESOURCE_EXHAUSTED', `more than ${MAX_IN_FLIGHT} requests at once`, facts);
    }
    return undefined;
  }

  #refuse(id: number, value: ReturnType<typeof failure>): void {
    this.#answer(id, { $case: 'failure', value });
  }

  #answer(id: number, body: Body): void {
    if (this.#phase.kind !== 'closed') this.#write(this.#codec.encode({ id, body }));
  }

  #write(frame: Uint8Array | string): void {
    this.#socket.send(frame);
    if (this.#socket.bufferedAmount > this.#limits.maxBufferedBytes) {
      this.#logger.warn({ connection: this.id }, 'a client reads too slowly and is cut');
      this.goodbye('too-slow', CloseCode.tryAgainLater);
    }
  }

  #ended(): void {
    if (this.#phase.kind === 'closed') return;
    this.#phase = { kind: 'closed' };
    this.#host.closed(this);
  }
}

/** A hello the gateway refuses by itself. */
class HelloRefused extends Error {
  readonly failure: ReturnType<typeof failure>;

  constructor(code: 'UNAUTHENTICATED' | 'UNAVAILABLE', message: string) {
    super(message);
    this.failure = failure(code, message, { retryable: code === 'UNAVAILABLE' });
  }
}
