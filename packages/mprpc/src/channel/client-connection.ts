import type { Compression } from '../compression/compression.ts';
import { badFrameError, RpcError } from '../errors.ts';
import { type ClientAuthentication, unauthenticated } from '../security/authentication.ts';
import { ClientHandshake } from '../security/client-handshake.ts';
import { CallTable } from '../transport/call-table.ts';
import { FrameLink } from '../transport/frame-link.ts';
import type { LinkOwner } from '../transport/link-owner.ts';
import type { TransportSocket } from '../transport/transport.ts';
import { putUint16, putUint32 } from '../wire/bytes.ts';
import {
  FrameFlag,
  FrameType,
  GoawayCode,
  HEADER_BYTES,
  type WireLimits,
} from '../wire/constants.ts';
import { decodeGoaway, isLater } from '../wire/goaway.ts';
import { Capability } from '../wire/hello.ts';
import { encodeMetadata, metadataEnd } from '../wire/metadata.ts';
import { decodeStatus } from '../wire/status-frame.ts';
import { decodeWindow } from '../wire/window.ts';
import type { CallCarrier, OutgoingCall } from './outgoing-call.ts';
import { StreamCall } from './stream-call.ts';

const EMPTY = Buffer.alloc(0);

/** The address a connection leads to, as the connection sees it. */
export interface ConnectionOwner {
  /** The connection is ready for calls. */
  onReady(): void;
  /** The peer takes no more calls: the next ones go elsewhere, those in flight finish. */
  onGoaway(connection: ClientConnection): void;
  /** The connection is gone. Its calls in flight hear of it next; those that wait for it have to be told. */
  onClose(connection: ClientConnection, error: RpcError): void;
}

/** The calling side of a connection: gives calls their ids and answers their calls. */
export class ClientConnection implements LinkOwner, CallCarrier {
  readonly link: FrameLink;
  readonly #endpoint: ConnectionOwner;
  readonly #maxQueuedBytes: number;
  readonly #calls = new CallTable<OutgoingCall>();
  /** Numbers of the methods the peer has been told about. */
  readonly #announced: boolean[] = [];
  #accepting = false;
  #wasReady = false;

  constructor(
    socket: TransportSocket,
    limits: WireLimits,
    maxQueuedBytes: number,
    authentication: ClientAuthentication | undefined,
    compression: Compression | undefined,
    endpoint: ConnectionOwner,
  ) {
    this.#endpoint = endpoint;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.link = new FrameLink(
      socket,
      limits,
      new ClientHandshake(authentication),
      compression,
      this,
    );
  }

  /** True while calls may be sent. */
  get ready(): boolean {
    return this.#accepting;
  }

  /** True once calls could be sent. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Sends a call; tells the call at once when it cannot be sent. */
  send(call: OutgoingCall): void {
    const link = this.link;
    const limits = link.peerLimits;
    const { method, payload } = call;
    let flags = 0;
    if (method.streams) {
      if ((link.capabilities & Capability.STREAMING) === 0) {
        call.reject(
          new RpcError('UNIMPLEMENTED', `${method.label}: ${link.peer} knows no streaming calls`),
        );
        return;
      }
      if (!method.definition.requestStream) flags = FrameFlag.END;
    } else {
      flags = FrameFlag.END;
    }
    let fixed = 2;
    let metadata: Buffer | undefined;
    if (call.metadata !== undefined) {
      try {
        metadata = encodeMetadata(call.metadata, limits.maxMetadataBytes);
      } catch (error) {
        call.reject(error);
        return;
      }
      if (metadata !== undefined) {
        flags |= FrameFlag.METADATA;
        fixed += metadata.length;
      }
    }
    const timeout = call.remainingMs();
    if (timeout !== Infinity) {
      flags |= FrameFlag.TIMEOUT;
      fixed += 4;
    }
    if (HEADER_BYTES + fixed + payload.length > limits.maxFrameBytes) {
      call.reject(
        new RpcError(
          'RESOURCE_EXHAUSTED',
          `${method.label}: a request of ${payload.length} bytes is larger than the limit of ${limits.maxFrameBytes} that ${link.peer} accepts`,
          { reason: 'REQUEST_TOO_LARGE', retryable: false },
        ),
      );
      return;
    }
    if (link.bufferedBytes > this.#maxQueuedBytes) {
      call.reject(
        new RpcError(
          'RESOURCE_EXHAUSTED',
          `${method.label}: ${link.bufferedBytes} bytes already wait for ${link.peer} to read`,
          { reason: 'QUEUE_FULL' },
        ),
      );
      return;
    }
    if (this.#announced[method.number] !== true) {
      this.#announced[method.number] = true;
      link.send(FrameType.METHOD, 0, method.number, method.wirePath);
    }
    let message = payload;
    const packed = link.pack(payload, method.definition.requestType);
    if (packed !== undefined) {
      message = packed;
      flags |= FrameFlag.COMPRESSED;
    }
    this.#calls.addNext(call);
    let at = link.open(FrameType.REQUEST, flags, call.id, fixed, message.length);
    const chunk = link.chunk;
    putUint16(chunk, at, method.number);
    at += 2;
    if (timeout !== Infinity) {
      putUint32(chunk, at, timeout);
      at += 4;
    }
    if (metadata !== undefined) chunk.set(metadata, at);
    link.append(message);
    link.callAppended();
    call.sentOn(this, link.mark());
  }

  cancel(id: number): void {
    if (this.#calls.take(id) !== undefined && this.link.state === 'ready') {
      this.link.send(FrameType.CANCEL, 0, id, EMPTY);
      this.#endIfDone();
    }
  }

  /** Takes no further calls; closes when the last one is answered. */
  retire(): void {
    this.#accepting = false;
    this.#endIfDone();
  }

  /** The connect timeout has passed. */
  connectTimedOut(ms: number): void {
    if (this.#wasReady) return;
    this.link.destroy(
      new RpcError('UNAVAILABLE', `${this.link.peer} did not answer within ${ms} ms`, {
        reason: 'CONNECT_TIMEOUT',
      }),
    );
  }

  onReady(): void {
    this.#accepting = true;
    this.#wasReady = true;
    this.#endpoint.onReady();
  }

  onDrain(): void {}

  onFrame(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    switch (type) {
      case FrameType.RESPONSE: {
        const from = (flags & FrameFlag.METADATA) === 0 ? start : metadataEnd(bytes, start, end);
        const packedBy = this.link.packing(flags, bytes, from, end);
        const call = this.#take(id);
        call?.receive(bytes, from, end, packedBy);
        break;
      }
      case FrameType.STATUS: {
        const error = decodeStatus(flags, bytes, start, end);
        const call = this.#take(id);
        if ((flags & FrameFlag.NOT_PROCESSED) === 0) call?.reject(error);
        else call?.attemptFailed(error);
        break;
      }
      case FrameType.DATA:
        this.#onData(flags, id, bytes, start, end);
        break;
      case FrameType.WINDOW: {
        const bytesGranted = decodeWindow(bytes, start, end);
        const call = this.#calls.get(id);
        if (call instanceof StreamCall) call.grant(bytesGranted);
        break;
      }
      case FrameType.GOAWAY:
        this.#onGoaway(bytes, start, end);
        break;
      default:
        this.link.reject(
          new RpcError('INTERNAL', `bad frame: a server sent a frame of type ${type}`, {
            reason: 'BAD_FRAME',
          }),
        );
    }
  }

  onClose(error: RpcError): void {
    this.#accepting = false;
    const calls = this.#calls.takeAll();
    this.#endpoint.onClose(this, error);
    for (const call of calls) call.connectionLost(error);
  }

  #take(id: number): OutgoingCall | undefined {
    // Unknown ids are answers to calls that were cancelled or ran out of time.
    const call = this.#calls.take(id);
    if (call !== undefined) this.#endIfDone();
    return call;
  }

  #onData(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const packedBy = this.link.packing(flags, bytes, start, end);
    const call = this.#calls.get(id);
    // Unknown ids: as for answers.
    if (call === undefined) return;
    if (!(call instanceof StreamCall) || !call.method.definition.responseStream) {
      call.giveUp(
        new RpcError('INTERNAL', `${call.method.label}: the server answered with a stream`, {
          reason: 'BAD_RESPONSE',
          sent: true,
        }),
      );
    } else if ((flags & FrameFlag.END) === 0) {
      call.receiveMessage(bytes, start, end, packedBy);
    } else {
      if (start !== end) throw badFrameError('the end of a stream has a body');
      this.#calls.take(id);
      call.receiveEnd();
      this.#endIfDone();
    }
  }

  #onGoaway(bytes: Buffer, start: number, end: number): void {
    const goaway = decodeGoaway(bytes, start, end);
    if (goaway.code === GoawayCode.UNAUTHENTICATED) {
      this.link.destroy(
        unauthenticated(`${this.link.peer} refused this channel: ${goaway.message}`),
      );
      return;
    }
    if (goaway.code !== GoawayCode.DRAIN) {
      this.link.destroy(
        new RpcError('UNAVAILABLE', `${this.link.peer} refused the connection: ${goaway.message}`, {
          reason: 'REFUSED',
        }),
      );
      return;
    }
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#endpoint.onGoaway(this);
    for (const call of this.#calls.takeAll((id) => isLater(id, goaway.lastId))) {
      call.attemptFailed(
        new RpcError('UNAVAILABLE', `${this.link.peer} is shutting down`, { reason: 'DRAINING' }),
      );
    }
    this.#endIfDone();
  }

  /** After GOAWAY, the last answer ends the connection. */
  #endIfDone(): void {
    if (!this.#accepting && this.#wasReady && this.#calls.size === 0) {
      this.link.end();
    }
  }
}
