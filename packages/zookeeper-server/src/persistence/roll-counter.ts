import type { Random } from '../random.ts';

/**
 * Says when it is time for a new log and a snapshot: after half of `snapCount` transactions and a random
 * part of the other half, so that the servers of an ensemble do not all do it at once (ZooKeeper:
 * `SyncRequestProcessor`).
 */
export class RollCounter {
  readonly #snapCount: number;
  readonly #random: Random;
  #count: number;
  #limit: number;

  /** `alreadyLogged`: transactions that came after the last snapshot. */
  constructor(snapCount: number, random: Random, alreadyLogged: number) {
    this.#snapCount = snapCount;
    this.#random = random;
    this.#count = alreadyLogged;
    this.#limit = this.#nextLimit();
  }

  /** Counts a transaction; true if it is time. */
  count(): boolean {
    if (++this.#count < this.#limit) return false;
    this.#count = 0;
    this.#limit = this.#nextLimit();
    return true;
  }

  #nextLimit(): number {
    const half = Math.floor(this.#snapCount / 2);
    const bytes = Buffer.from(this.#random.bytes(4));
    return Math.max(1, half + (half > 0 ? bytes.readUInt32BE() % half : 0));
  }
}
