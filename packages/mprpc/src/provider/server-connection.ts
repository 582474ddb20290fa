import type { Compression } from '../compression/compression.ts';
import { badFrameError, RpcError } from '../errors.ts';
import { type PeerIdentity, unauthenticated } from '../security/authentication.ts';
import { ServerHandshake } from '../security/server-handshake.ts';
import type { ClockTimer } from '../time/clock.ts';
import { CallTable } from '../transport/call-table.ts';
import { FrameLink } from '../transport/frame-link.ts';
import type { LinkOwner } from '../transport/link-owner.ts';
import type { TransportSocket } from '../transport/transport.ts';
import { getUint16, getUint32 } from '../wire/bytes.ts';
import { FrameFlag, FrameType, GoawayCode } from '../wire/constants.ts';
import { encodeGoaway } from '../wire/goaway.ts';
import { Capability } from '../wire/hello.ts';
import { decodeMetadata, type Metadata, metadataEnd, NO_METADATA } from '../wire/metadata.ts';
import { AnswerWriter } from './answer-writer.ts';
import { isAbort, isThenable, tooManyStreams, undecodable, wrongKind } from './answers.ts';
import { NumberedMethods } from './numbered-methods.ts';
import type { ServedMethod } from './served-method.ts';
import { ServerCall } from './server-call.ts';
import { ServerStream } from './server-stream.ts';
import type { ServingHost } from './serving-host.ts';

/** What a connection needs of its provider. */
export interface ConnectionHost extends ServingHost {
  /** The connection is gone. */
  onClose(connection: ServerConnection): void;
}

/** The serving side of a connection: reads requests, runs handlers, writes answers in the order they come. */
export class ServerConnection implements LinkOwner {
  readonly link: FrameLink;
  readonly #host: ConnectionHost;
  readonly #handshake: ServerHandshake;
  readonly #timer: ClockTimer;
  readonly #methods: NumberedMethods;
  readonly #answers: AnswerWriter;
  /** Calls whose handler has not finished. */
  readonly #calls = new CallTable<ServerCall>();
  #streams = 0;
  #lastId = 0;
  #draining = false;

  constructor(socket: TransportSocket, host: ConnectionHost) {
    this.#host = host;
    this.#handshake = new ServerHandshake(host.authentication, socket.tlsSubject);
    this.#methods = new NumberedMethods(host);
    this.link = new FrameLink(socket, host.limits, this.#handshake, host.compression, this);
    this.#answers = new AnswerWriter(this.link, host);
    this.#timer = host.clock.setTimeout(() => {
      this.link.reject(
        unauthenticated(`HELLO and authentication took more than ${host.handshakeTimeoutMs} ms`),
        GoawayCode.UNAUTHENTICATED,
      );
    }, host.handshakeTimeoutMs);
    this.#timer.unref();
  }

  /** The caller's address. */
  get peer(): string {
    return this.link.peer;
  }

  /** Who the caller is, as far as it was proven. */
  get identity(): PeerIdentity {
    return this.#handshake.identity;
  }

  /** See {@link ConnectionHost.draining}. */
  get draining(): AbortSignal {
    return this.#host.draining;
  }

  /** Handlers that have not finished. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** Asks the caller to send its next calls elsewhere; ends the connection after the last answer. */
  drain(): void {
    if (this.#draining || this.link.state === 'closed') return;
    this.#draining = true;
    this.link.send(
      FrameType.GOAWAY,
      0,
      0,
      encodeGoaway({ lastId: this.#lastId, code: GoawayCode.DRAIN, message: 'shutting down' }),
    );
    this.#endIfDrained();
  }

  onReady(): void {
    this.#timer.cancel();
  }

  onDrain(): void {
    this.#answers.onDrain();
  }

  onFrame(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    switch (type) {
      case FrameType.REQUEST:
        this.#onRequest(flags, id, bytes, start, end);
        break;
      case FrameType.METHOD:
        this.#methods.learn(id, bytes, start, end);
        break;
      case FrameType.CANCEL: {
        const call = this.#calls.take(id);
        if (call === undefined) return;
        const reason = new RpcError('CANCELLED', `${call.method}: cancelled by the caller`);
        this.#done(call);
        call.giveUp(reason);
        break;
      }
      case FrameType.DATA: {
        const call = this.#calls.get(id);
        // Unknown ids: what was under way when the call was answered or given up.
        if (call === undefined && this.#canStream) return;
        if (!(call instanceof ServerStream)) throw badFrameError('DATA of a call with one request');
        call.receiveData(flags, bytes, start, end);
        break;
      }
      case FrameType.WINDOW: {
        const call = this.#calls.get(id);
        if (call instanceof ServerStream) call.receiveWindow(bytes, start, end);
        break;
      }
      case FrameType.GOAWAY:
        // A caller that goes away still waits for its answers.
        break;
      default:
        throw badFrameError(`a client sent a frame of type ${type}`);
    }
  }

  onClose(error: RpcError): void {
    this.#timer.cancel();
    const calls = this.#calls.takeAll();
    for (const call of calls) {
      this.#host.wheel.remove(call);
      call.giveUp(
        new RpcError('CANCELLED', `${call.method}: the caller is gone: ${error.message}`),
      );
      this.#host.onCallDone();
    }
    this.#host.onClose(this);
  }

  /** Called by the wheel through the call. */
  deadlinePassed(call: ServerCall, error: RpcError): void {
    this.#done(call);
    call.giveUp(error);
    this.#sendStatus(call.id, error);
  }

  get #canStream(): boolean {
    return (this.link.capabilities & Capability.STREAMING) !== 0;
  }

  #onRequest(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    // What arrives after GOAWAY was sent: the caller knows by its lastId that it is not looked at.
    if (this.#draining) return;
    const host = this.#host;
    let at = start + 2;
    if ((flags & FrameFlag.TIMEOUT) !== 0) at += 4;
    if (at > end) throw badFrameError('a REQUEST is shorter than its fields');
    const served = this.#methods.get(getUint16(bytes, start));
    if ((flags & FrameFlag.END) === 0 && !this.#canStream) {
      throw badFrameError('a REQUEST is streaming, which was not agreed on');
    }
    if (this.#calls.has(id)) throw badFrameError(`a REQUEST repeats the call id ${id}`);
    this.#lastId = id;
    let metadata = NO_METADATA;
    if ((flags & FrameFlag.METADATA) !== 0) {
      metadata = decodeMetadata(bytes, at, end, host.limits.maxMetadataBytes);
      at = metadataEnd(bytes, at, end);
    }
    const packedBy = this.link.packing(flags, bytes, at, end);
    if ('unknown' in served) {
      this.#sendStatus(id, new RpcError('UNIMPLEMENTED', `${served.unknown} is not served here`));
      return;
    }
    const now = host.clock.monotonic();
    const hasTimeout = (flags & FrameFlag.TIMEOUT) !== 0;
    const deadline = hasTimeout ? now + getUint32(bytes, start + 2) : Infinity;
    if (served.streams || (flags & FrameFlag.END) === 0) {
      this.#openStream(flags, id, served, metadata, now, deadline, bytes, at, end, packedBy);
      return;
    }
    const call = new ServerCall(this, host.clock, id, served, metadata, now, deadline);
    let request: unknown;
    try {
      request = decodeRequest(served, bytes, at, end, packedBy);
    } catch {
      this.#sendStatus(id, undecodable(served));
      return;
    }
    let result: unknown;
    try {
      result = served.serve(request, call);
    } catch (error) {
      this.#answerError(call, error);
      return;
    }
    if (isThenable(result)) {
      this.#calls.add(call);
      if (deadline !== Infinity) host.wheel.add(call, deadline);
      this.#settle(call, result);
    } else {
      this.#answer(call, result);
    }
  }

  #openStream(
    flags: number,
    id: number,
    served: ServedMethod,
    metadata: Metadata,
    now: number,
    deadline: number,
    bytes: Buffer,
    at: number,
    end: number,
    packedBy: Compression | undefined,
  ): void {
    const { requestStream } = served.definition;
    if (requestStream !== ((flags & FrameFlag.END) === 0) || !this.#canStream) {
      this.#sendStatus(id, wrongKind(served));
      return;
    }
    if (requestStream && at !== end) throw badFrameError('a REQUEST without END has a message');
    if (this.#streams >= this.#host.maxStreams) {
      this.#sendStatus(id, tooManyStreams(served, this.peer, this.#streams));
      return;
    }
    let request: unknown;
    if (!requestStream) {
      try {
        request = decodeRequest(served, bytes, at, end, packedBy);
      } catch {
        this.#sendStatus(id, undecodable(served));
        return;
      }
    }
    const call = new ServerStream(this, this.#host.clock, id, served, metadata, now, deadline);
    this.#calls.add(call);
    this.#streams++;
    if (deadline !== Infinity) this.#host.wheel.add(call, deadline);
    this.#settle(call, call.run(request));
  }

  /** Waits for an asynchronous handler. Never rejects. */
  async #settle(call: ServerCall, pending: PromiseLike<unknown>): Promise<void> {
    try {
      const response = await pending;
      if (call.isDone) {
        call.handled();
        return;
      }
      this.#done(call);
      if (call instanceof ServerStream && call.served.definition.responseStream) {
        call.finish();
        call.sendEnd();
        this.#answers.written();
        this.#endIfDrained();
      } else {
        this.#answer(call, response);
      }
    } catch (error) {
      if (call.isDone) {
        call.handled();
        // Nobody waits for it; but a fault of the handler is not to be lost.
        if (!(error instanceof RpcError) && !isAbort(call, error)) this.#host.onError(error, call);
        return;
      }
      this.#done(call);
      this.#answerError(call, error);
    }
  }

  #answer(call: ServerCall, response: unknown): void {
    this.#answers.response(call, response);
    this.#endIfDrained();
  }

  #answerError(call: ServerCall, error: unknown): void {
    this.#answers.failure(call, error);
    this.#endIfDrained();
  }

  #sendStatus(id: number, error: RpcError): void {
    this.#answers.status(id, error);
    this.#endIfDrained();
  }

  #done(call: ServerCall): void {
    this.#calls.take(call.id);
    if (call instanceof ServerStream) this.#streams--;
    this.#host.wheel.remove(call);
    this.#host.onCallDone();
  }

  #endIfDrained(): void {
    if (this.#draining && this.#calls.size === 0) this.link.end();
  }
}

function decodeRequest(
  { definition }: ServedMethod,
  bytes: Buffer,
  start: number,
  end: number,
  packedBy: Compression | undefined,
): unknown {
  return definition.requestType.decode(
    packedBy === undefined
      ? new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
      : packedBy.decompress(bytes, start, end),
  );
}
