import { TokenBucket } from './token-bucket.ts';

/** Above this many addresses the idle ones are forgotten. */
const MAX_IDLE = 10_000;

/** One token bucket per remote address. */
export class AddressLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, TokenBucket>();
  #pruneAt = MAX_IDLE;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Takes one for an address; returns 0, or how many ms it should wait. */
  take(address: string): number {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#pruneAt) this.#prune();
      bucket = new TokenBucket(this.#perSecond, this.#burst);
      this.#buckets.set(address, bucket);
    }
    return bucket.take();
  }

  #prune(): void {
    for (const [address, bucket] of this.#buckets) {
      if (bucket.isFull) this.#buckets.delete(address);
    }
    this.#pruneAt = Math.max(MAX_IDLE, 2 * this.#buckets.size);
  }
}
