import type { Balancer, Candidate } from './balancer.ts';

/** One after the other, whatever their weight and load. */
export class RoundRobinBalancer implements Balancer {
  #next = 0;

  pick<C extends Candidate>(candidates: readonly C[]): C {
    const index = this.#next % candidates.length;
    this.#next = index + 1;
    return candidates[index] as C;
  }
}
