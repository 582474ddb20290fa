import type { Balancer, Candidate } from './balancer.ts';

/** How a {@link ZoneAwareBalancer} chooses. */
export interface ZoneAwareOptions {
  /** The caller's zone; empty: no preference. */
  zone: string;
  /** Chooses within a zone, and among the others. */
  inner: Balancer;
  /** So many calls in flight to the one chosen here are looked at before another zone is. Default 8. */
  spillAbove?: number;
  /** The other zone's instance must have this many times fewer in flight. Default 2. */
  spillRatio?: number;
}

interface Split<C> {
  readonly local: readonly C[];
  readonly remote: readonly C[];
}

/**
 * Stays within the caller's zone while there is an instance that is well and not much busier than those
 * elsewhere: no zone's traffic waits at a single survivor.
 *
 * ```ts
 * new ZoneAwareBalancer({ zone: 'eu-1a', inner: new P2cBalancer() });
 * ```
 */
export class ZoneAwareBalancer implements Balancer {
  readonly #zone: string;
  readonly #inner: Balancer;
  readonly #spillAbove: number;
  readonly #spillRatio: number;
  /** The same list stands for the same instances: each is split once. */
  readonly #splits = new WeakMap<readonly Candidate[], Split<Candidate>>();

  constructor({ zone, inner, spillAbove = 8, spillRatio = 2 }: ZoneAwareOptions) {
    this.#zone = zone;
    this.#inner = inner;
    this.#spillAbove = spillAbove;
    this.#spillRatio = spillRatio;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C {
    if (this.#zone === '' || candidates.length === 1) return this.#inner.pick(candidates);
    const { local, remote } = this.#split(candidates);
    if (local.length === 0 || remote.length === 0) return this.#inner.pick(candidates);
    const near = this.#inner.pick(local);
    if (near.inFlight <= this.#spillAbove) return near;
    const far = this.#inner.pick(remote);
    return far.inFlight * this.#spillRatio < near.inFlight ? far : near;
  }

  #split<C extends Candidate>(candidates: readonly C[]): Split<C> {
    let split = this.#splits.get(candidates) as Split<C> | undefined;
    if (split === undefined) {
      const here = (candidate: C): boolean => candidate.instance.zone === this.#zone;
      split = {
        local: candidates.filter(here),
        remote: candidates.filter((candidate) => !here(candidate)),
      };
      this.#splits.set(candidates, split);
    }
    return split;
  }
}
