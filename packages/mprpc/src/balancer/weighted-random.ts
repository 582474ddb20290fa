import type { Random } from '../time/clock.ts';
import type { Balancer, Candidate } from './balancer.ts';
import { type Weigh, WeightedDraw } from './weight.ts';

/** At random, each as often as its weight says, whatever its load. */
export class WeightedRandomBalancer implements Balancer {
  readonly #draw: WeightedDraw;

  constructor(random: Random = Math.random, weigh?: Weigh) {
    this.#draw = new WeightedDraw(random, weigh);
  }

  pick<C extends Candidate>(candidates: readonly C[]): C {
    return candidates[this.#draw.draw(candidates)] as C;
  }
}
