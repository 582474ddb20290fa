import { badFrameError, RpcError } from '../errors.ts';
import type { MessageCounts } from '../observability/call-progress.ts';
import type { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import { InboundStream } from '../streams/inbound-stream.ts';
import { closeSource, isStreamSource, OutboundStream } from '../streams/outbound-stream.ts';
import type { Clock } from '../time/clock.ts';
import type { FrameLink } from '../transport/frame-link.ts';
import { FrameFlag, FrameType } from '../wire/constants.ts';
import type { Metadata } from '../wire/metadata.ts';
import { decodeWindow, encodeWindow } from '../wire/window.ts';
import { undecodable } from './answers.ts';
import type { ServedMethod } from './served-method.ts';
import { type CallingConnection, ServerCall } from './server-call.ts';

/** A call being handled whose requests, responses or both are streams. */
export class ServerStream extends ServerCall {
  /** The requests, when they are a stream. */
  readonly requests: InboundStream | undefined;
  readonly #link: FrameLink;
  readonly #counts: MessageCounts;
  #outbound: OutboundStream | undefined;

  constructor(
    connection: CallingConnection & { readonly link: FrameLink },
    clock: Clock,
    id: number,
    served: ServedMethod,
    metadata: Metadata,
    startedAt: number,
    deadline: number,
  ) {
    super(connection, clock, id, served, metadata, startedAt, deadline);
    const { link } = connection;
    this.#link = link;
    this.#counts = { requests: served.definition.requestStream ? 0 : 1, responses: 0 };
    const { requestStream, requestType, responseStream, responseType } = served.definition;
    if (requestStream) {
      this.requests = new InboundStream(
        {
          decode: (bytes) => requestType.decode(bytes),
          undecodable: () => undecodable(served),
          grant: (bytes) => {
            if (!this.isDone) link.send(FrameType.WINDOW, 0, id, encodeWindow(bytes));
          },
          // The handler reads no further: the caller stays without credit until it is answered.
          stopped: () => {},
        },
        link.limits.streamWindowBytes,
      );
    }
    if (responseStream) {
      this.#outbound = new OutboundStream(
        link,
        id,
        served.label,
        (message) => {
          const bytes = responseType.encode(message).finish();
          this.#counts.responses++;
          return bytes;
        },
        responseType,
        link.peerLimits.streamWindowBytes,
      );
    }
  }

  /** A DATA frame of the call. Throws RpcError `BAD_FRAME` for one that has no place there. */
  receiveData(flags: number, bytes: Buffer, start: number, end: number): void {
    if (this.requests === undefined) throw badFrameError('DATA of a call with one request');
    if ((flags & FrameFlag.END) === 0) {
      const packedBy = this.#link.packing(flags, bytes, start, end);
      this.#counts.requests++;
      this.requests.receive(bytes, start, end, packedBy);
    } else if (start === end) this.requests.end();
    else throw badFrameError('the end of a stream has a body');
  }

  /** A WINDOW frame of the call. Throws as {@link receiveData}. */
  receiveWindow(bytes: Buffer, start: number, end: number): void {
    const granted = decodeWindow(bytes, start, end);
    if (this.#outbound === undefined) throw badFrameError('a WINDOW of a call with one response');
    this.#outbound.grant(granted);
  }

  /** Runs the handler; resolves with its response, or after all of its stream but its end was sent. */
  async run(request: unknown): Promise<unknown> {
    const result = await this.served.serve(this.requests ?? request, this);
    const outbound = this.#outbound;
    if (outbound === undefined) return result;
    if (!isStreamSource(result)) {
      throw new TypeError(`${this.method}: the handler returned no stream`);
    }
    if (this.isDone) closeSource(result);
    else await outbound.pump(result);
    return undefined;
  }

  /** Tells the caller that no response follows. */
  sendEnd(): void {
    this.#link.send(FrameType.DATA, FrameFlag.END, this.id, EMPTY);
  }

  override get counts(): MessageCounts {
    return this.#counts;
  }

  override occupy(gate: ConcurrencyGate): void {
    super.occupy(gate);
    if (this.isDone) this.handled();
  }

  override finish(error?: unknown): void {
    super.finish(error);
    this.requests?.fail(
      new RpcError('CANCELLED', `${this.method}: the call has been answered`),
      true,
    );
    this.#outbound?.stop();
  }

  override giveUp(reason: RpcError): void {
    if (this.isDone) return;
    super.giveUp(reason);
    // Nothing flows any more; what its handler still waits for may never come.
    this.handled();
    this.requests?.fail(reason, true);
    this.#outbound?.stop();
  }
}

const EMPTY = new Uint8Array(0);
