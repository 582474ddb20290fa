import { BINARY_SUBPROTOCOL, ClientEnvelope, ServerEnvelope } from '@mpim/protocol';
import { MpimError } from './errors.ts';
import {
  type AnswerValue,
  PendingRequests,
  type RequestKind,
  type RequestValue,
} from './requests.ts';

/** A push of the gateway: delivery, resync or goodbye. */
export type Push = NonNullable<ServerEnvelope['body']>;

/** How often a link that is to end looks whether it may, ms. */
const IDLE_CHECK_MS = 20;

/** One WebSocket from open to end; a connection lives through many. */
export class Link {
  readonly #socket: WebSocket;
  readonly #pending = new PendingRequests();
  readonly #onPush: (push: Push) => void;
  readonly #end = new AbortController();
  #pinger: ReturnType<typeof setInterval> | undefined;
  #heard = 0;

  private constructor(socket: WebSocket, onPush: (push: Push) => void) {
    this.#socket = socket;
    this.#onPush = onPush;
    socket.addEventListener('message', this.#receive);
    socket.addEventListener('close', this.#closed);
    socket.addEventListener('error', this.#failed);
  }

  /** Opens a socket with the binary subprotocol. Rejects UNAVAILABLE, or when `signal` aborts. */
  static open(
    address: string,
    timeoutMs: number,
    signal: AbortSignal,
    onPush: (push: Push) => void,
  ): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address, [BINARY_SUBPROTOCOL]);
      socket.binaryType = 'arraybuffer';
      const settle = (error?: MpimError) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        socket.removeEventListener('open', opened);
        socket.removeEventListener('close', refused);
        if (error === undefined) {
          resolve(new Link(socket, onPush));
        } else {
          socket.close();
          reject(error);
        }
      };
      const failure = (why: string) =>
        new MpimError('UNAVAILABLE', `cannot connect to ${address}: ${why}`, { retryable: true });
      const opened = () => settle();
      const refused = () => settle(failure('refused, unreachable, or not an MPIM gateway'));
      const aborted = () => settle(new MpimError('CLOSED', 'the client was closed'));
      const timer = setTimeout(() => settle(failure(`no answer in ${timeoutMs} ms`)), timeoutMs);
      socket.addEventListener('open', opened);
      socket.addEventListener('close', refused);
      socket.addEventListener('error', ignore);
      if (signal.aborted) aborted();
      else signal.addEventListener('abort', aborted);
    });
  }

  /** Aborts when the link has ended; the reason is the `MpimError` that says why. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Sends one request and waits for its answer. Rejects CONNECTION_LOST when the link ends first. */
  call<K extends RequestKind>(
    kind: K,
    value: RequestValue<K>,
    timeoutMs: number,
  ): Promise<AnswerValue<K>> {
    if (this.#end.signal.aborted) return Promise.reject(connectionLost(this.#end.signal.reason));
    const { id, answer } = this.#pending.open(kind, timeoutMs);
    const request = { $case: kind, value } as ClientEnvelope['request'];
    this.#socket.send(ClientEnvelope.encode({ id, request }).finish());
    return answer;
  }

  /** Pings every `intervalMs`, and ends the link when nothing at all was heard for one interval after a ping. */
  keepAlive(intervalMs: number): void {
    let heardAtPing = -1;
    this.#pinger = setInterval(() => {
      if (this.#heard === heardAtPing) {
        this.end(
          new MpimError('UNAVAILABLE', `the gateway was silent for ${intervalMs} ms`, {
            retryable: true,
          }),
        );
        return;
      }
      heardAtPing = this.#heard;
      this.call('ping', {}, 2 * intervalMs).catch(ignore);
    }, intervalMs);
  }

  /** Ends the link as soon as nothing waits for an answer any more; the gateway closes it sooner or later anyway. */
  endWhenIdle(reason: MpimError): void {
    if (!this.#pending.busy) {
      this.end(reason);
      return;
    }
    const timer = setInterval(() => {
      if (!this.#pending.busy) this.end(reason);
    }, IDLE_CHECK_MS);
    this.#end.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Ends the link: closes the socket without waiting for the other side, and fails what waits. */
  end(reason: MpimError): void {
    if (this.#end.signal.aborted) return;
    clearInterval(this.#pinger);
    this.#socket.removeEventListener('message', this.#receive);
    this.#socket.removeEventListener('close', this.#closed);
    this.#socket.close();
    this.#end.abort(reason);
    this.#pending.failAll(connectionLost(reason));
  }

  readonly #receive = (event: MessageEvent): void => {
    this.#heard += 1;
    let envelope: ServerEnvelope;
    try {
      envelope = ServerEnvelope.decode(new Uint8Array(event.data as ArrayBuffer));
    } catch (cause) {
      this.end(
        new MpimError('INTERNAL', 'the gateway sent a frame that cannot be read', { cause }),
      );
      return;
    }
    if (envelope.id !== 0) this.#pending.settle(envelope);
    else if (envelope.body !== undefined) this.#onPush(envelope.body);
  };

  readonly #closed = (event: CloseEvent): void => {
    const why = event.reason === '' ? '' : ` (${event.reason})`;
    this.end(
      new MpimError('UNAVAILABLE', `the connection was closed with code ${event.code}${why}`, {
        retryable: true,
      }),
    );
  };

  readonly #failed = (): void => {
    this.end(new MpimError('UNAVAILABLE', 'the connection failed', { retryable: true }));
  };
}

function connectionLost(cause: unknown): MpimError {
  return new MpimError('CONNECTION_LOST', 'the connection was lost before the answer came', {
    retryable: true,
    cause,
  });
}

function ignore(): void {}
