import { RpcError } from '../errors.ts';
import type { FrameLink } from '../transport/frame-link.ts';
import { FrameFlag, FrameType, HEADER_BYTES } from '../wire/constants.ts';
import { encodeStatus, statusFlags } from '../wire/status-frame.ts';
import { responseTooLarge } from './answers.ts';
import type { ServerCall } from './server-call.ts';
import type { ServingHost } from './serving-host.ts';

/** Writes the answers of one connection, and reads no further requests of a caller that does not take them. */
export class AnswerWriter {
  readonly #link: FrameLink;
  readonly #host: ServingHost;
  #isPaused = false;

  constructor(link: FrameLink, host: ServingHost) {
    this.#link = link;
    this.#host = host;
  }

  /** The call is answered with its one response, or with an error when that cannot be sent. */
  response(call: ServerCall, response: unknown): void {
    const link = this.#link;
    let payload: Uint8Array;
    try {
      payload = call.served.definition.responseType.encode(response).finish();
    } catch (error) {
      this.failure(call, error);
      return;
    }
    const limit = link.peerLimits.maxFrameBytes;
    if (HEADER_BYTES + payload.length > limit) {
      const error = responseTooLarge(call.method, payload.length, limit);
      call.finish(error);
      this.status(call.id, error);
      return;
    }
    if (call.counts !== undefined) call.counts.responses++;
    call.finish();
    const packed = link.pack(payload, call.served.definition.responseType);
    const flags = packed === undefined ? FrameFlag.END : FrameFlag.END | FrameFlag.COMPRESSED;
    const message = packed ?? payload;
    link.open(FrameType.RESPONSE, flags, call.id, 0, message.length);
    link.append(message);
    link.callAppended();
    this.written();
  }

  /** The call is answered with what its handler threw; see ServingHost.onError for what is no RpcError. */
  failure(call: ServerCall, error: unknown): void {
    call.finish(error);
    if (error instanceof RpcError && error.code !== 'OK') {
      this.status(call.id, error);
      return;
    }
    // The caller learns that it failed, not how: messages of unknown errors may hold anything.
    this.status(
      call.id,
      new RpcError('INTERNAL', `${call.method}: the handler failed`, { reason: 'HANDLER_FAILED' }),
    );
    this.#host.onError(error, call);
  }

  /** Answers with an error, also where there is no call yet. */
  status(id: number, error: RpcError): void {
    const body = encodeStatus(error, this.#link.peerLimits.maxFrameBytes - HEADER_BYTES);
    this.#link.send(FrameType.STATUS, statusFlags(error), id, body);
    this.written();
  }

  /** More than `pauseBytes` of answers wait for the caller to read: its next requests wait too. */
  written(): void {
    if (!this.#isPaused && this.#link.bufferedBytes > this.#host.pauseBytes) {
      this.#isPaused = true;
      this.#link.pause();
    }
  }

  /** All answers have left. */
  onDrain(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#link.resume();
  }
}
