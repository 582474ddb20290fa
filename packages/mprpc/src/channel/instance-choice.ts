import type { Balancer } from '../balancer/balancer.ts';
import { rendezvousIndex } from '../balancer/rendezvous.ts';
import type { Instance } from '../resolver.ts';
import type { InstanceCandidate } from './bound-method.ts';
import type { EndpointSource } from './call-endpoint.ts';
import type { SeekingCall } from './call-host.ts';

/** Choices of the balancer before all instances are looked at for one that will do. */
const MAX_DRAWS = 4;

/** Chooses the instance for an attempt of a call. */
export class InstanceChoice {
  readonly #balancer: Balancer;
  readonly #pool: EndpointSource;

  constructor(balancer: Balancer, pool: EndpointSource) {
    this.#balancer = balancer;
    this.#pool = pool;
  }

  /** See {@link CallHost.pick}. */
  pick(call: SeekingCall, instances: readonly Instance[]): InstanceCandidate | undefined {
    const { method, target } = call;
    method.update(instances, this.#pool);
    if (target?.instance !== undefined) return method.find(target.instance);
    const { eligible } = method;
    if (eligible.length === 0) return undefined;
    const first = this.#choose(eligible, target?.hashKey);
    if (first.endpoint.isAvailable() && !call.hasTried(first)) return first;
    if (target?.hashKey === undefined && eligible.length > MAX_DRAWS) {
      // Of many instances a few are always backed off: another draw costs less than a look at all of them.
      for (let draws = 1; draws < MAX_DRAWS; draws++) {
        const next = this.#balancer.pick(eligible);
        if (next.endpoint.isAvailable() && !call.hasTried(next)) return next;
      }
    }
    // Rare: leave out what failed this call or a moment ago, as long as something remains.
    const untried = method.candidates.filter((candidate) => !call.hasTried(candidate));
    if (untried.length === 0) return first;
    const available = untried.filter((candidate) => candidate.endpoint.isAvailable());
    return this.#choose(available.length > 0 ? available : untried, target?.hashKey);
  }

  #choose(
    candidates: readonly InstanceCandidate[],
    hashKey: string | undefined,
  ): InstanceCandidate {
    if (hashKey === undefined) return this.#balancer.pick(candidates);
    const owner = rendezvousIndex(
      hashKey,
      candidates.length,
      (index) => (candidates[index] as InstanceCandidate).instance.id,
    );
    return candidates[owner] as InstanceCandidate;
  }
}
