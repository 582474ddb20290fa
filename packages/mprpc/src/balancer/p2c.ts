import type { Random } from '../time/clock.ts';
import type { Balancer, Candidate } from './balancer.ts';
import { registeredWeight, type Weigh, WeightedDraw } from './weight.ts';

/**
 * Power of two choices: of two instances drawn at random, each as often as its weight says, the one with fewer
 * calls in flight for its weight. Slow instances get less without anybody measuring them. (Mitzenmacher, "The
 * Power of Two Choices in Randomized Load Balancing", 2001.)
 *
 * `weigh` changes the weights, see `slowStart`.
 */
export class P2cBalancer implements Balancer {
  readonly #random: Random;
  readonly #weigh: Weigh;
  readonly #draw: WeightedDraw;

  constructor(random: Random = Math.random, weigh: Weigh = registeredWeight) {
    this.#random = random;
    this.#weigh = weigh;
    this.#draw = new WeightedDraw(random, weigh);
  }

  pick<C extends Candidate>(candidates: readonly C[]): C {
    const count = candidates.length;
    if (count === 1) return candidates[0] as C;
    if (!this.#draw.isEqual(candidates)) return this.#pickWeighted(candidates);
    const first = Math.floor(this.#random() * count);
    let second = Math.floor(this.#random() * (count - 1));
    if (second >= first) second++;
    const a = candidates[first] as C;
    const b = candidates[second] as C;
    return b.inFlight < a.inFlight ? b : a;
  }

  /** The first drawn when both are as busy: idle instances share the calls by weight, busy ones by load. */
  #pickWeighted<C extends Candidate>(candidates: readonly C[]): C {
    const a = candidates[this.#draw.draw(candidates)] as C;
    const b = candidates[this.#draw.draw(candidates)] as C;
    return b.inFlight * this.#weigh(a) < a.inFlight * this.#weigh(b) ? b : a;
  }
}
