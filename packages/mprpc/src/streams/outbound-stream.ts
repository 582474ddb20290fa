import { badFrameError, RpcError } from '../errors.ts';
import type { FrameLink } from '../transport/frame-link.ts';
import { FrameFlag, FrameType, HEADER_BYTES } from '../wire/constants.ts';

/** What may be sent as a stream: an async generator, an array, anything that can be iterated. */
export type StreamSource<T> = AsyncIterable<T> | Iterable<T>;

/** No receiver keeps more than this for one stream; more credit is a mistake of the peer. */
const MAX_CREDIT = 0x7fffffff;

/**
 * Sends the messages of one direction of a streaming call, taking the next one from its source only while the
 * receiver has room and the connection is not congested.
 */
export class OutboundStream {
  readonly #link: FrameLink;
  readonly #id: number;
  readonly #label: string;
  readonly #encode: (message: unknown) => Uint8Array;
  readonly #kind: object;
  #credit: number;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #wake: (() => void) | undefined;
  #stopped = false;

  /** `credit`: the window of the receiver, in bytes. `label`: the method, for messages. `kind`: see FrameLink.pack. */
  constructor(
    link: FrameLink,
    id: number,
    label: string,
    encode: (message: unknown) => Uint8Array,
    kind: object,
    credit: number,
  ) {
    this.#link = link;
    this.#id = id;
    this.#label = label;
    this.#encode = encode;
    this.#kind = kind;
    this.#credit = credit;
  }

  /** The receiver has taken `bytes`. Throws RpcError `BAD_FRAME` for credit nobody can mean. */
  grant(bytes: number): void {
    this.#credit += bytes;
    if (bytes === 0 || this.#credit > MAX_CREDIT) {
      throw badFrameError(`a WINDOW of ${bytes} bytes is not credit for what was sent`);
    }
    this.wake();
  }

  /** Room may be there again. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The call is over: nothing more is sent, the source is told to clean up. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.wake();
    closeIterator(this.#iterator);
  }

  /**
   * Sends all messages; true when the source has come to its end, false when the stream was stopped
   * before. Rejects with what the source throws and RpcError for a message that cannot be sent.
   */
  async pump(source: StreamSource<unknown>): Promise<boolean> {
    const iterator = iterate(source);
    this.#iterator = iterator;
    if (this.#stopped) {
      closeIterator(iterator);
      return false;
    }
    for (;;) {
      while (this.#credit <= 0 || this.#link.isCongested) {
        if (this.#credit > 0) this.#link.whenDrained(this);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (this.#stopped) return false;
      }
      const step = await iterator.next();
      if (this.#stopped) return false;
      if (step.done) {
        this.#iterator = undefined;
        return true;
      }
      try {
        this.#send(this.#encode(step.value));
      } catch (error) {
        closeIterator(iterator);
        throw error;
      }
    }
  }

  #send(message: Uint8Array): void {
    const size = HEADER_BYTES + message.length;
    const limit = this.#link.peerLimits.maxFrameBytes;
    if (size > limit) {
      throw new RpcError(
        'RESOURCE_EXHAUSTED',
        `${this.#label}: a message of ${message.length} bytes is larger than the limit of ${limit} that ${this.#link.peer} accepts`,
        { reason: 'MESSAGE_TOO_LARGE', retryable: false, sent: true },
      );
    }
    const packed = this.#link.pack(message, this.#kind);
    this.#credit -= packed === undefined ? size : HEADER_BYTES + packed.length;
    if (packed === undefined) this.#link.send(FrameType.DATA, 0, this.#id, message);
    else this.#link.send(FrameType.DATA, FrameFlag.COMPRESSED, this.#id, packed);
  }

  /** Tells the receiver that no message follows. */
  sendEnd(): void {
    this.#link.send(FrameType.DATA, FrameFlag.END, this.#id, EMPTY);
  }
}

const EMPTY = new Uint8Array(0);

/** Begins to read a source. */
export function iterate(source: StreamSource<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return source[Symbol.iterator]();
}

/** Lets a source clean up; what that throws concerns nobody any more. */
export function closeIterator(
  iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined,
): void {
  try {
    const closing: unknown = iterator?.return?.();
    if (closing instanceof Promise) closing.catch(() => {});
  } catch {
    // It was told.
  }
}

/** Lets a stream nobody will send clean up. */
export function closeSource(source: unknown): void {
  if (!isStreamSource(source)) return;
  closeIterator(iterate(source));
}

/** True for what {@link OutboundStream.pump} can send. */
export function isStreamSource(value: unknown): value is StreamSource<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
