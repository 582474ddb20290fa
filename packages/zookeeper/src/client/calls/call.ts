import { type JuteReader, JuteWriter } from '../../protocol/index.ts';
import { replyError, ZooKeeperError } from '../errors.ts';
import type { Operation } from '../operations/operation.ts';
import { requestTooLong } from './packet-limits.ts';

/** A call as the queue and the connection see it, whatever it asks. */
export interface PendingCall {
  /** Operation and path, for messages. */
  readonly description: string;
  readonly path: string;
  /** Whether the caller has an answer or has given up. */
  readonly settled: boolean;
  /** Set by the connection that sends it. */
  xid: number;
  /** Of the request, once its frame was written or it was frozen. */
  readonly bytes: number;
  /** Appends the whole frame; throws `BAD_ARGUMENTS`, and appends nothing, if it cannot be sent or is longer. */
  writeFrame(output: JuteWriter, maxPacketBytes: number): void;
  /** Takes the body's bytes now, for a call that has to wait; throws as {@link writeFrame} does. */
  freeze(maxPacketBytes: number): void;
  /** Settles the call from its answer; throws `ProtocolError` for a body that cannot be read. */
  answer(error: number, body: JuteReader): void;
  fail(error: unknown): void;
}

/** Called when the answer comes, before the caller hears: to take up the watch the server has left. */
export type OnAnswer = (error: number) => void;

/** One request under way, from the caller's call to its answer. */
export class Call<Q, R> implements PendingCall {
  readonly promise: Promise<R>;
  readonly path: string;
  settled = false;
  xid = 0;
  bytes = 0;
  readonly #operation: Operation<Q, R>;
  readonly #body: Q;
  readonly #onAnswer: OnAnswer | undefined;
  #resolve!: (value: R) => void;
  #reject!: (error: unknown) => void;
  #frozen: Buffer | null = null;

  constructor(operation: Operation<Q, R>, body: Q, path: string, onAnswer?: OnAnswer) {
    this.#operation = operation;
    this.#body = body;
    this.path = path;
    this.#onAnswer = onAnswer;
    // V8 compiles this into the caller's code; `Promise.withResolvers` is called, for twice the price.
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get description(): string {
    return this.path === '' ? this.#operation.name : `${this.#operation.name} ${this.path}`;
  }

  writeFrame(output: JuteWriter, maxPacketBytes: number): void {
    const mark = output.beginFrame();
    try {
      output.int(this.xid);
      output.int(this.#operation.type);
      if (this.#frozen === null) this.#operation.write(output, this.#body);
      else output.raw(this.#frozen);
    } catch (cause) {
      output.rewind(mark);
      throw this.#refused(`an argument cannot be encoded: ${String(cause)}`, cause);
    }
    this.bytes = output.endFrame(mark);
    if (this.bytes <= maxPacketBytes) return;
    output.rewind(mark);
    throw this.#refused(requestTooLong(this.bytes, maxPacketBytes));
  }

  freeze(maxPacketBytes: number): void {
    const output = new JuteWriter();
    this.writeFrame(output, maxPacketBytes);
    this.#frozen = output.take().subarray(FRAME_AND_REQUEST_HEADER_BYTES);
  }

  answer(error: number, body: JuteReader): void {
    if (this.settled) return;
    const { read, recover } = this.#operation;
    const value = error === 0 ? read(body, this.#body) : recover?.(error);
    this.settled = true;
    this.#onAnswer?.(error);
    if (error === 0 || value !== undefined) this.#resolve(value as R);
    else this.#reject(replyError(error, this.#operation.name, this.path));
  }

  fail(error: unknown): void {
    this.settled = true;
    this.#reject(error);
  }

  #refused(why: string, cause?: unknown): ZooKeeperError {
    const { path, description } = this;
    return new ZooKeeperError('BAD_ARGUMENTS', `${description}: ${why}`, { path, cause });
  }
}

const FRAME_AND_REQUEST_HEADER_BYTES = 12;
