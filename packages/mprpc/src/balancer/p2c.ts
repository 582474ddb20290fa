import type { Random } from '../time/clock.ts';
import type { Balancer, Candidate } from './balancer.ts';

/**
 * Power of two choices: of two instances drawn at random, the one with fewer calls in flight for its
 * weight. Slow instances get less without anybody measuring them. (Mitzenmacher, "The Power of Two
 * Choices in Randomized Load Balancing", 2001.)
 */
export class P2cBalancer implements Balancer {
  readonly #random: Random;

  constructor(random: Random = Math.random) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C {
    const count = candidates.length;
    if (count === 1) return candidates[0] as C;
    const first = Math.floor(this.#random() * count);
    let second = Math.floor(this.#random() * (count - 1));
    if (second >= first) second++;
    const a = candidates[first] as C;
    const b = candidates[second] as C;
    return load(b) < load(a) ? b : a;
  }
}

/** Calls in flight, this one included, per unit of weight. */
function load(candidate: Candidate): number {
  return (candidate.inFlight + 1) / Math.max(candidate.instance.weight, 1e-6);
}
