/** A first-in, first-out queue whose operations are O(1) amortised, as `Array.shift` is not. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest, which stays, or undefined. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Removes and returns the oldest, or undefined. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Empties the queue and returns what was in it, oldest first. */
  takeAll(): T[] {
    const taken = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    return taken;
  }
}
