import type { Balancer } from '../balancer/balancer.ts';
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
    if (target?.hashKey !== undefined) return ownerOf(target.hashKey, call);
    const first = this.#balancer.pick(eligible);
    if (isGood(first, call)) return first;
    if (eligible.length > MAX_DRAWS) {
      // Of many instances a few are always backed off: another draw costs less than a look at all of them.
      for (let draws = 1; draws < MAX_DRAWS; draws++) {
        const next = this.#balancer.pick(eligible);
        if (isGood(next, call)) return next;
      }
    }
    // Rare: leave out what failed this call or a moment ago, as long as something remains.
    const untried = method.candidates.filter((candidate) => !call.hasTried(candidate));
    if (untried.length === 0) return first;
    const available = untried.filter((candidate) => candidate.endpoint.isAvailable());
    return this.#balancer.pick(available.length > 0 ? available : untried);
  }
}

function isGood(candidate: InstanceCandidate, call: SeekingCall): boolean {
  return candidate.endpoint.isAvailable() && !call.hasTried(candidate);
}

/** The owner of a key. As long as something remains, what failed this call or a moment ago is none. */
function ownerOf(key: string, call: SeekingCall): InstanceCandidate {
  const { candidates, ring } = call.method;
  const at = (index: number): InstanceCandidate => candidates[index] as InstanceCandidate;
  const first = at(ring.ownerOf(key));
  if (isGood(first, call)) return first;
  const good = ring.ownerOf(key, (index) => isGood(at(index), call));
  if (good !== -1) return at(good);
  const untried = ring.ownerOf(key, (index) => !call.hasTried(at(index)));
  return untried === -1 ? first : at(untried);
}
