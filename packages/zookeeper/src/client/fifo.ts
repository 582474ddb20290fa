const MIN_SLOTS = 16;
/** A queue that has grown beyond gives its memory back when it is empty. */
const KEPT_SLOTS = 4096;

/** A first-in, first-out queue: a ring, so that taking one moves no others, as `Array.shift` does, and allocates nothing. */
export class Fifo<T> {
  /** As many slots as a power of two. */
  #items: (T | undefined)[] = slots(MIN_SLOTS);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#resize(this.#length * 2);
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length += 1;
  }

  /** The oldest, which stays, or undefined. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Removes and returns the oldest, or undefined. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length -= 1;
    if (this.#length === 0 && this.#items.length > KEPT_SLOTS) this.#resize(MIN_SLOTS);
    return item;
  }

  /** Empties the queue and returns what was in it, oldest first. */
  takeAll(): T[] {
    const taken: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) taken.push(item);
    return taken;
  }

  #resize(count: number): void {
    const items = slots<T>(count);
    for (let i = 0; i < this.#length; i++) {
      items[i] = this.#items[(this.#head + i) & (this.#items.length - 1)];
    }
    this.#items = items;
    this.#head = 0;
  }
}

function slots<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}
