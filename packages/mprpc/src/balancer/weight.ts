import type { Random } from '../time/clock.ts';
import type { Candidate } from './balancer.ts';

/** An instance's share of the calls at this moment: `instance.weight` or less. */
export type Weigh = (candidate: Candidate) => number;

/** The weight as registered. */
export const registeredWeight: Weigh = (candidate) => candidate.instance.weight;

/** Draws before one is taken as it comes: only a list of very unequal weights needs so many. */
const MAX_DRAWS = 32;

/**
 * Draws instances at random, each as often as its weight says. What it must know about a list is worked out
 * once per list, so a draw costs the same for one instance and for a thousand.
 */
export class WeightedDraw {
  readonly #random: Random;
  readonly #weigh: Weigh;
  readonly #facts = new WeakMap<readonly Candidate[], { heaviest: number; equal: boolean }>();
  #lastList: readonly Candidate[] | undefined;
  #heaviest = 0;
  #equal = true;

  constructor(random: Random, weigh: Weigh = registeredWeight) {
    this.#random = random;
    this.#weigh = weigh;
  }

  /** True when every candidate of the list has the same share, now and later. */
  isEqual(candidates: readonly Candidate[]): boolean {
    if (candidates !== this.#lastList) this.#look(candidates);
    return this.#equal;
  }

  /** The index of one candidate. */
  draw(candidates: readonly Candidate[]): number {
    const count = candidates.length;
    if (count === 1) return 0;
    if (this.isEqual(candidates)) return Math.floor(this.#random() * count);
    // Rejection sampling: shares that change with time need no table.
    for (let draws = 1; ; draws++) {
      const index = Math.floor(this.#random() * count);
      const weight = this.#weigh(candidates[index] as Candidate);
      if (draws === MAX_DRAWS || this.#random() * this.#heaviest < weight) return index;
    }
  }

  #look(candidates: readonly Candidate[]): void {
    let facts = this.#facts.get(candidates);
    if (facts === undefined) {
      const weights = candidates.map((candidate) => candidate.instance.weight);
      const heaviest = Math.max(...weights);
      const equal =
        this.#weigh === registeredWeight && weights.every((weight) => weight === heaviest);
      facts = { heaviest, equal };
      this.#facts.set(candidates, facts);
    }
    this.#lastList = candidates;
    this.#heaviest = facts.heaviest;
    this.#equal = facts.equal;
  }
}
