import type { Candidate } from '../balancer/balancer.ts';
import { HashRing } from '../balancer/hash-ring.ts';
import {
  isIdempotent,
  type MethodDefinition,
  type ServiceDefinition,
  wirePath,
} from '../definition.ts';
import { RpcError } from '../errors.ts';
import type { ObserveCall } from '../observability/call-observer.ts';
import type { CircuitBreaker } from '../resilience/circuit-breaker.ts';
import type { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import type { Instance } from '../resolver.ts';
import { MAX_METHOD_PATH_BYTES } from '../wire/constants.ts';
import type { CallEndpoint, EndpointSource } from './call-endpoint.ts';
import type { OutgoingMethod } from './outgoing-call.ts';

/** An instance and the address it is reached at. */
export class InstanceCandidate implements Candidate {
  readonly instance: Instance;
  readonly endpoint: CallEndpoint;

  constructor(instance: Instance, endpoint: CallEndpoint) {
    this.instance = instance;
    this.endpoint = endpoint;
  }

  get inFlight(): number {
    return this.endpoint.inFlight;
  }
}

/** What the calls of a method go by beside the method itself. */
export interface MethodRules {
  readonly gate: ConcurrencyGate | undefined;
  readonly breaker: CircuitBreaker | undefined;
  readonly observe: ObserveCall | undefined;
}

/** For calls that go by none. */
export const NO_RULES: MethodRules = { gate: undefined, breaker: undefined, observe: undefined };

/** A method as a channel calls it, with its instances as they were last resolved. */
export class BoundMethod implements OutgoingMethod {
  readonly number: number;
  readonly service: string;
  readonly name: string;
  readonly label: string;
  /** What travels: `/mpim.v1.UserServiceRpc/Login`. */
  readonly path: string;
  readonly wirePath: Buffer;
  readonly definition: MethodDefinition;
  readonly idempotent: boolean;
  readonly streams: boolean;
  /** Shared by the methods of a service; `undefined` without a limit. */
  readonly gate: ConcurrencyGate | undefined;
  /** Shared like the gate; `undefined` without one. */
  readonly breaker: CircuitBreaker | undefined;
  /** Hears how its calls end. */
  readonly observe: ObserveCall | undefined;
  #generation = -1;
  #healthVersion = -1;
  #instances: readonly Instance[] | undefined;
  #all: readonly InstanceCandidate[] = [];
  /** By the instance's id; made when it is first asked for. */
  #byId: Map<string, InstanceCandidate> | undefined;
  #weighted: readonly InstanceCandidate[] = [];
  #eligible: readonly InstanceCandidate[] = [];
  /** Of the weighted ones; made when a call with a key first asks for it. */
  #ring: HashRing | undefined;

  constructor(
    number: number,
    service: ServiceDefinition,
    definition: MethodDefinition,
    { gate, breaker, observe }: MethodRules,
  ) {
    this.number = number;
    this.gate = gate;
    this.breaker = breaker;
    this.observe = observe;
    this.service = service.name;
    this.name = definition.name;
    this.label = `/${service.name}/${definition.name}`;
    this.path = wirePath(service, definition);
    this.wirePath = Buffer.from(this.path);
    this.definition = definition;
    this.idempotent = isIdempotent(definition);
    this.streams = definition.requestStream || definition.responseStream;
    if (this.wirePath.length > MAX_METHOD_PATH_BYTES) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        `the name ${this.label} is longer than ${MAX_METHOD_PATH_BYTES} bytes`,
      );
    }
  }

  /** Takes over what the resolver said; costs nothing when neither that nor the pool has changed. */
  update(instances: readonly Instance[], pool: EndpointSource): void {
    if (instances === this.#instances && pool.generation === this.#generation) {
      if (pool.healthVersion !== this.#healthVersion) this.#leaveOutAvoided(pool);
      return;
    }
    const known =
      pool.generation === this.#generation
        ? new Map(this.#all.map((candidate) => [candidate.instance, candidate]))
        : undefined;
    this.#generation = pool.generation;
    this.#instances = instances;
    this.#byId = undefined;
    this.#ring = undefined;
    this.#all = instances.map(
      (instance) =>
        known?.get(instance) ?? new InstanceCandidate(instance, pool.endpointOf(instance)),
    );
    const weighted = this.#all.filter((candidate) => candidate.instance.weight > 0);
    this.#weighted = weighted.length > 0 ? weighted : this.#all;
    const group = this.#all.map((candidate) => candidate.endpoint.health);
    for (const health of group) health.group = group;
    this.#leaveOutAvoided(pool);
  }

  #leaveOutAvoided(pool: EndpointSource): void {
    this.#healthVersion = pool.healthVersion;
    const well = this.#weighted.filter(({ endpoint }) => {
      if (!endpoint.health.avoided) return true;
      endpoint.missed();
      return false;
    });
    if (well.length === this.#weighted.length || well.length === 0) this.#eligible = this.#weighted;
    else this.#eligible = well;
  }

  /** Those that may take a call: weight 0 only while nobody has more. */
  get candidates(): readonly InstanceCandidate[] {
    return this.#weighted;
  }

  /** Those of the candidates that are neither ejected, stalled nor out of reach; all when that leaves nobody. */
  get eligible(): readonly InstanceCandidate[] {
    return this.#eligible;
  }

  /** Who of the {@link candidates} owns which key. */
  get ring(): HashRing {
    this.#ring ??= new HashRing(this.#weighted.map(({ instance }) => instance));
    return this.#ring;
  }

  /** The instance with this id, whatever its weight. */
  find(id: string): InstanceCandidate | undefined {
    if (this.#byId === undefined) {
      this.#byId = new Map();
      // The first of those with the same id.
      for (const candidate of this.#all.toReversed())
        this.#byId.set(candidate.instance.id, candidate);
    }
    return this.#byId.get(id);
  }
}
