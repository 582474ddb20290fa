import type { Balancer } from '../balancer/balancer.ts';
import { P2cBalancer } from '../balancer/p2c.ts';
import { HealthDefinition } from '../builtin/health.ts';
import { Compression, type CompressionOptions } from '../compression/compression.ts';
import { kindOf, type MethodDefinition, type ServiceDefinition, wirePath } from '../definition.ts';
import { RpcError } from '../errors.ts';
import { composeInterceptors, type Interceptor } from '../interceptor.ts';
import type { CallObserver } from '../observability/call-observer.ts';
import { type BackoffOptions, CONNECT_BACKOFF } from '../resilience/backoff.ts';
import { type CircuitBreakerOptions, CircuitBreakers } from '../resilience/circuit-breaker.ts';
import {
  CONCURRENCY_DEFAULTS,
  ConcurrencyGate,
  type ConcurrencyOptions,
} from '../resilience/concurrency-gate.ts';
import {
  OUTLIER_DEFAULTS,
  OutlierDetector,
  type OutlierOptions,
} from '../resilience/outlier-detector.ts';
import {
  RETRY_BUDGET_DEFAULTS,
  RetryBudget,
  type RetryBudgetOptions,
} from '../resilience/retry-budget.ts';
import type { Resolver } from '../resolver.ts';
import { type ClientAuthentication, secretBytes } from '../security/authentication.ts';
import { type Clock, type Random, systemClock } from '../time/clock.ts';
import { TimerWheel } from '../time/timer-wheel.ts';
import { tcpTransport } from '../transport/tcp-transport.ts';
import type { Transport } from '../transport/transport.ts';
import { DEFAULT_LIMITS, MAX_METHODS, type WireLimits } from '../wire/constants.ts';
import { BoundMethod, NO_RULES } from './bound-method.ts';
import type { CallHost } from './call-host.ts';
import type { ChannelStats } from './channel-stats.ts';
import type { RpcClient } from './client.ts';
import { EndpointPool } from './endpoint-pool.ts';
import { askHealth, HEALTH_CHECK } from './health-probe.ts';
import { InstanceChoice } from './instance-choice.ts';
import { type StreamCaller, streamMethod } from './stream-method.ts';
import { traced } from './traced-method.ts';
import { type UnaryCaller, unaryMethod } from './unary-method.ts';

/** How a channel behaves. Times in milliseconds, sizes in bytes. */
export interface RpcChannelOptions {
  /** Finds the instances of services. */
  resolver: Resolver;
  /** For calls that name none. Default 5000. */
  defaultDeadlineMs?: number;
  /** Wrap every call, the first outermost. */
  interceptors?: readonly Interceptor[];
  /** Hears how every call ended. */
  observer?: CallObserver;
  /**
   * Says in other words what callers and observers are told of a failure, for instance what the operator can do
   * about it. Retries and outlier ejection go by the original.
   */
  translateError?: (error: RpcError) => RpcError;
  /** Default {@link P2cBalancer}. */
  balancer?: Balancer;
  /** What this side accepts from servers. */
  limits?: Partial<WireLimits>;
  /** Socket and HELLO together. Default 2000. */
  connectTimeoutMs?: number;
  /** A server silent for this long is pinged, silent for twice as long it is given up. Default 5000. */
  keepaliveMs?: number;
  /** A connection unused for this long is closed. Default 60,000. */
  idleMs?: number;
  /** Bytes that may wait for one server to read before calls fail with RESOURCE_EXHAUSTED. Default 64 MiB. */
  maxQueuedBytes?: number;
  /** How long a failed address is avoided. */
  backoff?: BackoffOptions;
  /** When instances that keep failing are left out. */
  outliers?: Partial<OutlierOptions>;
  /** How much repeated and hedged attempts may add to the load. */
  retryBudget?: Partial<RetryBudgetOptions>;
  /** Limits the calls to each service that are under way at once. Default: no limit. */
  concurrency?: Partial<ConcurrencyOptions>;
  /**
   * Refuses calls to a service while most calls to it fail: UNAVAILABLE, reason `CIRCUIT_OPEN`, nothing sent. Each
   * service by itself; calls for one instance pass. What counts as failed: {@link isHostFault} and refusals for overload, but
   * not that nobody could be reached. `{}` for the defaults. Default: off.
   */
  circuitBreaker?: Partial<CircuitBreakerOptions>;
  /**
   * A server that calls wait for and that says nothing for twice to three times this long, not even to a ping,
   * gets no further calls until it is heard. Default 250.
   */
  stallProbeMs?: number;
  /** How this channel shows who it is; a server that demands something else is not called. Default: nothing. */
  authentication?: ClientAuthentication;
  /** Compresses requests to servers that agree, and takes compressed answers. Default: off. */
  compression?: CompressionOptions;
  transport?: Transport;
  clock?: Clock;
  random?: Random;
}

/**
 * Calls services: finds their instances, keeps one connection to each address in use, balances, retries
 * what is safe to retry.
 *
 * ```ts
 * await using channel = new RpcChannel({ resolver: new StaticResolver([{ host: '127.0.0.1', port }]) });
 * const users = channel.client(UserServiceRpcDefinition);
 * const { token } = await users.login({ user: 'alice', password }, { deadlineMs: 1000 });
 * ```
 */
export class RpcChannel implements AsyncDisposable {
  readonly #resolver: Resolver;
  readonly #concurrency: ConcurrencyOptions | undefined;
  /** One for each service, when there is a limit. */
  readonly #gates = new Map<string, ConcurrencyGate>();
  readonly #breakers: CircuitBreakers | undefined;
  readonly #interceptor: Interceptor | undefined;
  readonly #observer: CallObserver | undefined;
  readonly #wheel: TimerWheel;
  readonly #compression: Compression | undefined;
  readonly #pool: EndpointPool;
  readonly #host: CallHost & { closed: boolean };
  readonly #unary: UnaryCaller;
  readonly #streams: StreamCaller;
  readonly #methods = new WeakMap<MethodDefinition, BoundMethod>();
  #probe: BoundMethod | undefined;
  /** The number of each method path on all connections. */
  readonly #numbers = new Map<string, number>();

  constructor(options: RpcChannelOptions) {
    if (options.concurrency !== undefined) {
      this.#concurrency = { ...CONCURRENCY_DEFAULTS, ...options.concurrency };
    }
    this.#resolver = options.resolver;
    const interceptors = options.interceptors ?? [];
    if (interceptors.length > 0) this.#interceptor = composeInterceptors(interceptors);
    this.#observer = options.observer;
    const random = options.random ?? Math.random;
    const clock = options.clock ?? systemClock;
    if (options.circuitBreaker !== undefined) {
      this.#breakers = new CircuitBreakers(options.circuitBreaker, clock);
    }
    const wheel = new TimerWheel(clock);
    this.#wheel = wheel;
    const outliers = new OutlierDetector({ ...OUTLIER_DEFAULTS, ...options.outliers }, clock);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { authentication } = options;
    if (authentication !== undefined && 'secret' in authentication) {
      secretBytes(authentication.secret);
    }
    if (options.compression !== undefined) this.#compression = new Compression(options.compression);
    const { connectTimeoutMs = 2000 } = options;
    this.#pool = new EndpointPool({
      authentication,
      compression: this.#compression,
      askHealth: (endpoint) =>
        askHealth(this.#host, this.#healthCheck(), endpoint, connectTimeoutMs),
      transport: options.transport ?? tcpTransport,
      clock,
      random,
      limits,
      backoff: options.backoff ?? CONNECT_BACKOFF,
      outliers,
      stallProbeMs: options.stallProbeMs ?? 250,
      connectTimeoutMs,
      maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
      keepaliveMs: options.keepaliveMs ?? 5000,
      idleMs: options.idleMs ?? 60_000,
    });
    const choice = new InstanceChoice(options.balancer ?? new P2cBalancer(random), this.#pool);
    this.#host = {
      clock,
      random,
      wheel,
      outliers,
      budget: new RetryBudget({ ...RETRY_BUDGET_DEFAULTS, ...options.retryBudget }),
      resolve: (method) => this.#resolver.resolve(method.service, method.name),
      pick: (call, instances) => choice.pick(call, instances),
      translateError: options.translateError,
      closed: false,
      parked: new Set(),
    };
    this.#unary = { host: this.#host, defaultDeadlineMs: options.defaultDeadlineMs ?? 5000 };
    this.#streams = { host: this.#host, streamWindowBytes: limits.streamWindowBytes };
  }

  /** What it is doing and has done, for metrics and consoles. */
  get stats(): ChannelStats {
    const { budget, outliers } = this.#host;
    let queued = 0;
    for (const gate of this.#gates.values()) queued += gate.queued;
    return {
      inFlight: budget.active,
      queued,
      retries: budget.granted,
      retriesRefused: budget.refused,
      ejections: outliers.ejections,
      stalls: outliers.stalls,
      probes: this.#pool.probes,
      compression: this.#compression?.stats,
      addresses: this.#pool.stats(),
    };
  }

  /** A typed client of a service. Costs nothing until it is called; may be made as often as is convenient. */
  client<D extends ServiceDefinition>(definition: D): RpcClient<D> {
    const client: Record<string, unknown> = {};
    for (const [key, method] of Object.entries(definition.methods)) {
      client[key] = this.#clientMethod(definition, method);
    }
    return client as RpcClient<D>;
  }

  /** Closes all connections. Calls in flight and later ones fail with CANCELLED, reason `CHANNEL_CLOSED`. */
  async close(): Promise<void> {
    this.#host.closed = true;
    for (const call of [...this.#host.parked]) call.close();
    await this.#pool.close();
    this.#wheel.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #clientMethod(service: ServiceDefinition, definition: MethodDefinition): unknown {
    const method = this.#bind(service, definition);
    if (method.streams) return streamMethod(this.#streams, method, this.#interceptor);
    return traced(method, unaryMethod(this.#unary, method, this.#interceptor));
  }

  /** For the channel's own looks at addresses, which are nobody's calls: not observed, not counted, never held back. */
  #healthCheck(): BoundMethod {
    this.#probe ??= new BoundMethod(
      this.#number(wirePath(HealthDefinition, HEALTH_CHECK)),
      HealthDefinition,
      HEALTH_CHECK,
      NO_RULES,
    );
    return this.#probe;
  }

  #bind(service: ServiceDefinition, definition: MethodDefinition): BoundMethod {
    const known = this.#methods.get(definition);
    const path = wirePath(service, definition);
    // Two services may share the definition of a method.
    if (known?.service === service.name && known.path === path) return known;
    const observed = { service: service.name, method: definition.name, kind: kindOf(definition) };
    const method = new BoundMethod(this.#number(path), service, definition, {
      gate: this.#gate(service.name),
      breaker: this.#breakers?.of(service.name),
      observe: this.#observer?.(observed),
    });
    this.#methods.set(definition, method);
    return method;
  }

  #number(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    if (number >= MAX_METHODS) {
      throw new RpcError('RESOURCE_EXHAUSTED', `a channel calls at most ${MAX_METHODS} methods`);
    }
    this.#numbers.set(path, number);
    return number;
  }

  #gate(service: string): ConcurrencyGate | undefined {
    if (this.#concurrency === undefined) return undefined;
    let gate = this.#gates.get(service);
    if (gate === undefined) {
      gate = new ConcurrencyGate(this.#concurrency);
      this.#gates.set(service, gate);
    }
    return gate;
  }
}
