import type { Compression } from '../compression/compression.ts';
import { RpcError } from '../errors.ts';
import type { MessageCounts } from '../observability/call-progress.ts';
import { InboundStream } from '../streams/inbound-stream.ts';
import { OutboundStream, type StreamSource } from '../streams/outbound-stream.ts';
import { RequestReplay } from '../streams/request-replay.ts';
import { FrameType } from '../wire/constants.ts';
import type { Metadata } from '../wire/metadata.ts';
import { encodeWindow } from '../wire/window.ts';
import type { BoundMethod } from './bound-method.ts';
import type { CallHost } from './call-host.ts';
import type { CallTarget } from './call-target.ts';
import { ClientCall } from './client-call.ts';
import type { CallCarrier } from './outgoing-call.ts';

const EMPTY = new Uint8Array(0);

/** What a streaming call sends: one encoded request, or a source of requests. */
export type StreamRequest = { payload: Uint8Array } | { source: StreamSource<unknown> };

/** How a streaming call ends for its caller; a stream of responses has told its reader itself. */
export interface StreamOutcome {
  resolve(response: unknown): void;
  reject(error: unknown): void;
}

/** The attempt that failed is over, but messages of it have passed. */
function mayBeApplied(cause: RpcError): RpcError {
  const { reason, retryable } = cause;
  return new RpcError(cause.code, cause.message, {
    ...(reason === undefined ? {} : { reason }),
    retryable,
    sent: true,
    cause,
  });
}

/**
 * A call whose requests, responses or both are streams. It is repeated like any other while it may be, which
 * ends when the server says anything about it, or more requests were sent than are kept for another attempt.
 */
export class StreamCall extends ClientCall {
  /** The responses, when they are a stream. */
  readonly responses: InboundStream | undefined;
  readonly #counts: MessageCounts;
  readonly #requests: RequestReplay | undefined;
  #outbound: OutboundStream | undefined;
  #link: CallCarrier['link'] | undefined;
  /** The server has said something: the call cannot begin anew. */
  #isUnderWay = false;
  /** The caller gave up: responses not read yet are dropped. */
  #isGivenUp = false;

  constructor(
    host: CallHost,
    method: BoundMethod,
    request: StreamRequest,
    metadata: Metadata | undefined,
    target: CallTarget | undefined,
    streamWindowBytes: number,
    counts: MessageCounts,
    outcome: StreamOutcome,
  ) {
    const payload = 'payload' in request ? request.payload : EMPTY;
    super(host, method, payload, metadata, target, outcome.resolve, outcome.reject);
    this.#counts = counts;
    if ('source' in request) {
      const { requestType } = method.definition;
      const fill = requestType.fromPartial?.bind(requestType) as
        | ((message: unknown) => unknown)
        | undefined;
      this.#requests = new RequestReplay(request.source, (message) =>
        requestType.encode(fill === undefined ? message : fill(message)).finish(),
      );
    }
    if (method.definition.responseStream) {
      const { responseType } = method.definition;
      this.responses = new InboundStream(
        {
          decode: (bytes) => responseType.decode(bytes),
          grant: (bytes) => this.#link?.send(FrameType.WINDOW, 0, this.id, encodeWindow(bytes)),
          stopped: (error) => {
            this.giveUp(
              error ?? new RpcError('CANCELLED', `${method.label}: the caller stopped reading`),
            );
          },
        },
        streamWindowBytes,
      );
    }
  }

  override sentOn(carrier: CallCarrier, mark: number): void {
    super.sentOn(carrier, mark);
    this.#link = carrier.link;
    // An attempt that begins anew sends everything anew.
    this.#counts.requests = this.#requests === undefined ? 1 : 0;
    if (this.#requests !== undefined) this.#pump(carrier, this.#requests);
  }

  /** The server answered with one response; right only when it is not to be a stream. */
  override receive(
    bytes: Buffer,
    start: number,
    end: number,
    packedBy: Compression | undefined,
  ): void {
    if (this.responses === undefined) {
      this.#counts.responses++;
      super.receive(bytes, start, end, packedBy);
    } else {
      this.reject(
        new RpcError('INTERNAL', `${this.method.label}: the server answered without a stream`, {
          reason: 'BAD_RESPONSE',
          sent: true,
        }),
      );
    }
  }

  override giveUp(error: RpcError): void {
    this.#isGivenUp = true;
    super.giveUp(error);
  }

  protected override tell(error: unknown): void {
    super.tell(error);
    if (error instanceof RpcError) this.responses?.fail(error, this.#isGivenUp);
  }

  /** A message of the response stream. Throws RpcError `BAD_FRAME` for one too many. */
  receiveMessage(
    bytes: Buffer,
    start: number,
    end: number,
    packedBy: Compression | undefined,
  ): void {
    this.#commit();
    this.#counts.responses++;
    this.responses?.receive(bytes, start, end, packedBy);
  }

  /** The response stream is at its end, and the call with it. */
  receiveEnd(): void {
    this.succeed(undefined);
    this.responses?.end();
  }

  /** The server takes more requests. */
  grant(bytes: number): void {
    this.#commit();
    this.#outbound?.grant(bytes);
  }

  override attemptFailed(error: RpcError): void {
    this.#outbound?.stop();
    this.#outbound = undefined;
    this.#link = undefined;
    if (!this.#isUnderWay && !this.#requests?.isCommitted) super.attemptFailed(error);
    else if (this.host.closed) this.close();
    else this.reject(error.sent ? error : mayBeApplied(error));
  }

  protected override messages(): MessageCounts {
    return this.#counts;
  }

  protected override finish(): void {
    super.finish();
    this.#link = undefined;
    this.#outbound?.stop();
    this.#requests?.close();
  }

  #commit(): void {
    this.#isUnderWay = true;
    this.#requests?.commit();
  }

  async #pump({ link }: CallCarrier, requests: RequestReplay): Promise<void> {
    const outbound = new OutboundStream(
      link,
      this.id,
      this.method.label,
      (message) => {
        this.#counts.requests++;
        return message as Uint8Array;
      },
      this.method.definition.requestType,
      link.peerLimits.streamWindowBytes,
    );
    this.#outbound = outbound;
    // Not before the next turn: a connection that refuses the call at once leaves the source untouched.
    await null;
    try {
      if (this.#outbound !== outbound) return;
      if (await outbound.pump(requests.attempt())) outbound.sendEnd();
    } catch (cause) {
      this.giveUp(
        cause instanceof RpcError
          ? cause
          : new RpcError(
              'CANCELLED',
              `${this.method.label}: the stream of requests failed: ${cause instanceof Error ? cause.message : String(cause)}`,
              { reason: 'REQUEST_STREAM_FAILED', sent: true, cause },
            ),
      );
    }
  }
}
