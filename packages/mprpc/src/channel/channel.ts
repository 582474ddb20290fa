import type { Balancer } from '../balancer/balancer.ts';
import { P2cBalancer } from '../balancer/p2c.ts';
import { rendezvousIndex } from '../balancer/rendezvous.ts';
import { HealthDefinition } from '../builtin/health.ts';
import { Compression, type CompressionOptions } from '../compression/compression.ts';
import { kindOf, type MethodDefinition, type ServiceDefinition, wirePath } from '../definition.ts';
import { codeOf, RpcError, type StatusCode } from '../errors.ts';
import { composeInterceptors, type InterceptedCall, type Interceptor } from '../interceptor.ts';
import { type CallObserver, UNARY_FAILED, UNARY_OK } from '../observability/call-observer.ts';
import { CallProgress } from '../observability/call-progress.ts';
import { withTraceOf } from '../observability/trace-context.ts';
import { type BackoffOptions, CONNECT_BACKOFF } from '../resilience/backoff.ts';
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
import type { Instance, Resolver } from '../resolver.ts';
import { type ClientAuthentication, secretBytes } from '../security/authentication.ts';
import { type Clock, type Random, systemClock } from '../time/clock.ts';
import { TimerWheel } from '../time/timer-wheel.ts';
import { tcpTransport } from '../transport/tcp-transport.ts';
import type { Transport } from '../transport/transport.ts';
import { DEFAULT_LIMITS, MAX_METHODS, type WireLimits } from '../wire/constants.ts';
import { NO_METADATA } from '../wire/metadata.ts';
import { BoundMethod, type InstanceCandidate } from './bound-method.ts';
import { channelClosed, encodeFailure } from './call-failures.ts';
import type { CallHost } from './call-host.ts';
import { callTarget } from './call-target.ts';
import type { ChannelStats } from './channel-stats.ts';
import type { CallOptions, RpcClient } from './client.ts';
import { ClientCall } from './client-call.ts';
import { EndpointPool } from './endpoint-pool.ts';
import { askHealth, HEALTH_CHECK } from './health-probe.ts';
import { HedgedCall, notIdempotent, type StartAttempt } from './hedged-call.ts';
import { type StreamCaller, streamMethod } from './stream-method.ts';
import { traced, type UnaryMethod } from './traced-method.ts';

/** Choices of the balancer before all instances are looked at for one that will do. */
const MAX_DRAWS = 4;

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
  readonly #defaultDeadlineMs: number;
  readonly #concurrency: ConcurrencyOptions | undefined;
  /** One for each service, when there is a limit. */
  readonly #gates = new Map<string, ConcurrencyGate>();
  readonly #interceptor: Interceptor | undefined;
  readonly #observer: CallObserver | undefined;
  readonly #balancer: Balancer;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #compression: Compression | undefined;
  readonly #pool: EndpointPool;
  readonly #host: CallHost & { closed: boolean };
  readonly #streams: StreamCaller;
  readonly #methods = new WeakMap<MethodDefinition, BoundMethod>();
  /** The number of each method path on all connections. */
  readonly #numbers = new Map<string, number>();

  constructor(options: RpcChannelOptions) {
    if (options.concurrency !== undefined) {
      this.#concurrency = { ...CONCURRENCY_DEFAULTS, ...options.concurrency };
    }
    this.#resolver = options.resolver;
    this.#defaultDeadlineMs = options.defaultDeadlineMs ?? 5000;
    const interceptors = options.interceptors ?? [];
    if (interceptors.length > 0) this.#interceptor = composeInterceptors(interceptors);
    this.#observer = options.observer;
    const random = options.random ?? Math.random;
    const clock = options.clock ?? systemClock;
    this.#clock = clock;
    this.#balancer = options.balancer ?? new P2cBalancer(random);
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
    this.#host = {
      clock,
      random,
      wheel,
      outliers,
      budget: new RetryBudget({ ...RETRY_BUDGET_DEFAULTS, ...options.retryBudget }),
      resolve: (method) => this.#resolver.resolve(method.service, method.name),
      pick: (call, instances) => this.#pick(call, instances),
      translateError: options.translateError,
      closed: false,
      parked: new Set(),
    };
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
    return traced(method, this.#unaryMethod(method, definition));
  }

  #unaryMethod(method: BoundMethod, definition: MethodDefinition): UnaryMethod {
    const { requestType } = definition;
    const fill = requestType.fromPartial?.bind(requestType) as
      | ((request: unknown) => unknown)
      | undefined;
    const send = (request: unknown, options: CallOptions | undefined): Promise<unknown> => {
      const payload = requestType.encode(fill === undefined ? request : fill(request)).finish();
      return this.#call(method, payload, options);
    };
    const interceptor = this.#interceptor;
    if (interceptor === undefined) {
      return (request: unknown, options?: CallOptions): Promise<unknown> => {
        try {
          return send(request, options);
        } catch (error) {
          return Promise.reject(encodeFailure(method, error));
        }
      };
    }
    return async (request: unknown, options?: CallOptions): Promise<unknown> => {
      const progress = new CallProgress();
      const call: InterceptedCall = {
        side: 'client',
        service: method.service,
        method: method.name,
        request,
        metadata: options?.metadata ?? NO_METADATA,
        signal: options?.signal,
        kind: 'unary',
        instance: options?.instance,
        progress,
      };
      try {
        const response = await interceptor(call, async (changed) => {
          try {
            return await send(changed.request, {
              ...options,
              metadata: changed.metadata,
              ...(changed.signal === undefined ? {} : { signal: changed.signal }),
            });
          } catch (error) {
            throw encodeFailure(method, error);
          }
        });
        progress.finish(undefined, UNARY_OK);
        return response;
      } catch (error) {
        progress.finish(error, UNARY_FAILED);
        throw error;
      }
    };
  }

  #healthCheck(): BoundMethod {
    return this.#bind(HealthDefinition, HEALTH_CHECK);
  }

  #bind(service: ServiceDefinition, definition: MethodDefinition): BoundMethod {
    const known = this.#methods.get(definition);
    const path = wirePath(service, definition);
    // Two services may share the definition of a method.
    if (known?.service === service.name && known.path === path) return known;
    const number = this.#numbers.get(path) ?? this.#numbers.size;
    if (number >= MAX_METHODS) {
      throw new RpcError('RESOURCE_EXHAUSTED', `a channel calls at most ${MAX_METHODS} methods`);
    }
    const method = new BoundMethod(
      number,
      service,
      definition,
      this.#gate(service.name),
      this.#observer?.({
        service: service.name,
        method: definition.name,
        kind: kindOf(definition),
      }),
    );
    this.#numbers.set(path, number);
    this.#methods.set(definition, method);
    return method;
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

  #call(
    method: BoundMethod,
    payload: Uint8Array,
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#host.closed) {
        reject(channelClosed(method.label));
        return;
      }
      if (options === undefined) {
        const call = new ClientCall(
          this.#host,
          method,
          payload,
          undefined,
          undefined,
          resolve,
          reject,
        );
        call.start(this.#defaultDeadlineMs, undefined);
        return;
      }
      const { parent, hedge } = options;
      let deadlineMs = options.deadlineMs ?? this.#defaultDeadlineMs;
      let { signal, metadata } = options;
      if (parent !== undefined) {
        deadlineMs = Math.min(deadlineMs, parent.deadline - this.#clock.now());
        signal = signal === undefined ? parent.signal : AbortSignal.any([signal, parent.signal]);
        metadata = withTraceOf(metadata, parent);
      }
      const host = this.#host;
      if (hedge === undefined) {
        const target = callTarget(options);
        const call = new ClientCall(host, method, payload, metadata, target, resolve, reject);
        call.start(deadlineMs, signal);
        return;
      }
      if (!method.idempotent) {
        reject(notIdempotent(method.label));
        return;
      }
      const target = callTarget(options, []);
      const start = this.#clock.monotonic();
      const end = start + deadlineMs;
      const attempt: StartAttempt = (won, lost) => {
        const call = new ClientCall(host, method, payload, metadata, target, won, lost);
        call.start(end - this.#clock.monotonic(), signal);
        return call;
      };
      const { observe } = method;
      const ended = (code: StatusCode): void =>
        observe?.(code, this.#clock.monotonic() - start, code === 'OK' ? UNARY_OK : UNARY_FAILED);
      new HedgedCall(
        host,
        hedge,
        attempt,
        (response) => {
          ended('OK');
          resolve(response);
        },
        (error) => {
          ended(codeOf(error));
          reject(error);
        },
      );
    });
  }

  #pick(call: ClientCall, instances: readonly Instance[]): InstanceCandidate | undefined {
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
