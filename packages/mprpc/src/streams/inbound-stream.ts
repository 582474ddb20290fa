import type { Compression } from '../compression/compression.ts';
import { badFrameError, RpcError } from '../errors.ts';
import { HEADER_BYTES } from '../wire/constants.ts';

/** What an inbound stream needs of its call. */
export interface InboundOwner {
  /** Reads a message. May throw; an RpcError is passed on, anything else is an undecodable message. */
  decode(bytes: Uint8Array): unknown;
  /** What the reader is told of a message that cannot be read; default: INTERNAL, reason `BAD_MESSAGE`. */
  undecodable?(): RpcError;
  /** The reader has taken messages worth `bytes`: the sender may send as much again. */
  grant(bytes: number): void;
  /** The reader wants no more, or `error`: a message cannot be decoded. */
  stopped(error: RpcError | undefined): void;
}

/** A message that is still compressed: what waits for its reader takes no more room than it took on the wire. */
class Packed {
  bytes: Uint8Array;
  readonly by: Compression;

  constructor(bytes: Uint8Array, by: Compression) {
    this.bytes = bytes;
    this.by = by;
  }
}

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `ended`: no message follows; the queue may hold some. `failed`: the same, and then the error.
 * `closed`: the reader is done; what still arrives is dropped.
 */
type State =
  | { kind: 'open' }
  | { kind: 'ended' }
  | { kind: 'failed'; error: RpcError }
  | { kind: 'closed' };

const OPEN: State = { kind: 'open' };
const ENDED: State = { kind: 'ended' };
const CLOSED: State = { kind: 'closed' };
const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };

/**
 * The messages of one direction of a streaming call, as its reader takes them. What is not taken yet is kept
 * as bytes, at most a window of them and one message: the sender gets credit only for what was taken.
 */
export class InboundStream implements AsyncIterableIterator<unknown, undefined> {
  readonly #owner: InboundOwner;
  readonly #window: number;
  readonly #queue: (Uint8Array | Packed)[] = [];
  #head = 0;
  /** Messages from here on are ranges of the chunks they came in, until the turn ends. */
  #borrowed = -1;
  readonly #waiters: Waiter[] = [];
  #state: State = OPEN;
  /** What the sender may still send; it stops at 0, the message that passes it is let through. */
  #credit: number;
  /** Taken by the reader and not yet given back as credit. */
  #taken = 0;

  constructor(owner: InboundOwner, window: number) {
    this.#owner = owner;
    this.#window = window;
    this.#credit = window;
  }

  /** A message has arrived. Throws RpcError `BAD_FRAME` when the sender had no credit or had ended. */
  receive(bytes: Buffer, start: number, end: number, packedBy?: Compression): void {
    if (this.#state.kind === 'ended')
      throw badFrameError('a message follows the end of its stream');
    if (this.#credit <= 0) throw badFrameError('a message exceeds the window of its stream');
    const cost = HEADER_BYTES + end - start;
    this.#credit -= cost;
    if (this.#state.kind !== 'open') return;
    const message = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
    const received = packedBy === undefined ? message : new Packed(message, packedBy);
    if (this.#waiters.length === 0) {
      if (this.#borrowed < 0) {
        this.#borrowed = this.#queue.length;
        setImmediate(keepBorrowed, this);
      }
      this.#queue.push(received);
    } else {
      this.#hand(this.#waiters.shift() as Waiter, received);
    }
  }

  /**
   * The turn ends: what the reader has not taken by now becomes a copy, because a range would keep the whole chunk. A
   * reader that keeps up costs no copy (`bench rpc`).
   */
  keepBorrowed(): void {
    const from = Math.max(this.#borrowed, this.#head);
    this.#borrowed = -1;
    for (let index = from; index < this.#queue.length; index++) {
      const message = this.#queue[index] as Uint8Array | Packed;
      if (message instanceof Packed) message.bytes = owned(message.bytes);
      else this.#queue[index] = owned(message);
    }
  }

  /** The sender has ended in order: what is queued may still be taken. */
  end(): void {
    if (this.#state.kind !== 'open') return;
    this.#state = ENDED;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
  }

  /** The call has failed. The reader gets what is queued first, unless `discard`. */
  fail(error: RpcError, discard: boolean): void {
    if (this.#state.kind === 'closed' || (this.#state.kind === 'ended' && !discard)) return;
    if (discard) this.#clear();
    this.#state = { kind: 'failed', error };
    const waiters = this.#waiters.splice(0);
    for (const [index, waiter] of waiters.entries()) {
      // An error is told once; after it the stream is at its end.
      if (index === 0) waiter.reject(error);
      else waiter.resolve(DONE);
    }
    if (waiters.length > 0) this.#state = CLOSED;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const message = this.#queue[this.#head];
    if (message !== undefined) {
      this.#dequeue();
      let value: unknown;
      try {
        value = this.#read(message);
      } catch (cause) {
        const error = this.#undecodable(cause);
        this.#break(error);
        return Promise.reject(error);
      }
      return Promise.resolve({ value, done: false });
    }
    const state = this.#state;
    if (state.kind === 'failed') {
      this.#state = CLOSED;
      return Promise.reject(state.error);
    }
    if (state.kind !== 'open') return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /** The reader wants no more. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    const wasOpen = this.#state.kind === 'open';
    this.#clear();
    this.#state = CLOSED;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
    if (wasOpen) this.#owner.stopped(undefined);
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #hand(waiter: Waiter, message: Uint8Array | Packed): void {
    let value: unknown;
    try {
      value = this.#read(message);
    } catch (cause) {
      const error = this.#undecodable(cause);
      waiter.reject(error);
      this.#break(error);
      return;
    }
    waiter.resolve({ value, done: false });
  }

  /** Decodes a message that is taken. May throw. */
  #read(message: Uint8Array | Packed): unknown {
    const packed = message instanceof Packed;
    const bytes = packed ? message.bytes : message;
    const value = this.#owner.decode(
      packed ? message.by.decompress(bytes, 0, bytes.length) : bytes,
    );
    this.#giveBack(HEADER_BYTES + bytes.length);
    return value;
  }

  #undecodable(cause: unknown): RpcError {
    if (cause instanceof RpcError) return cause;
    return (
      this.#owner.undecodable?.() ??
      new RpcError('INTERNAL', 'a message of the stream cannot be decoded', {
        reason: 'BAD_MESSAGE',
        sent: true,
        cause,
      })
    );
  }

  /** A message cannot be decoded: nothing follows it. */
  #break(error: RpcError): void {
    this.#clear();
    this.#state = CLOSED;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
    this.#owner.stopped(error);
  }

  /** Credit goes back by half windows, not by messages. */
  #giveBack(bytes: number): void {
    this.#taken += bytes;
    if (this.#state.kind !== 'open' || this.#taken * 2 < this.#window) return;
    const taken = this.#taken;
    this.#taken = 0;
    this.#credit += taken;
    this.#owner.grant(taken);
  }

  #dequeue(): void {
    this.#queue[this.#head++] = EMPTY;
    if (this.#head === this.#queue.length) {
      this.#clear();
    } else if (this.#head >= 1024) {
      this.#queue.splice(0, this.#head);
      if (this.#borrowed >= 0) this.#borrowed = Math.max(0, this.#borrowed - this.#head);
      this.#head = 0;
    }
  }

  #clear(): void {
    this.#queue.length = 0;
    this.#head = 0;
    if (this.#borrowed > 0) this.#borrowed = 0;
  }
}

const EMPTY = new Uint8Array(0);

/** Shared by all streams: it makes no closure. */
function keepBorrowed(stream: InboundStream): void {
  stream.keepBorrowed();
}

/** A copy, unless the message is most of its buffer. Small copies share a few KB. */
function owned(message: Uint8Array): Uint8Array {
  const { length } = message;
  if (length * 2 > message.buffer.byteLength) return message;
  const copy = Buffer.allocUnsafe(length);
  copy.set(message);
  return copy;
}
