import type { MessageType } from '../definition.ts';
import { RpcError } from '../errors.ts';
import type { Handlers } from '../provider/handler.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { ProtobufWriter, readProtobuf } from './protobuf.ts';

/** Whether a service takes calls. Names and numbers: `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

const STATUSES: readonly ServingStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** `grpc.health.v1.HealthCheckRequest`. */
export interface HealthCheckRequest {
  /** The service asked about, by full name; empty: the whole process. */
  service: string;
}

/** `grpc.health.v1.HealthCheckResponse`. */
export interface HealthCheckResponse {
  status: ServingStatus;
}

const healthCheckRequest: MessageType<HealthCheckRequest> & {
  fromPartial(object: Partial<HealthCheckRequest>): HealthCheckRequest;
} = {
  encode: ({ service }) => new ProtobufWriter().string(1, service),
  decode: (input) => {
    let service = '';
    for (const field of readProtobuf(input)) {
      if (field.field === 1 && 'bytes' in field) service = field.bytes.toString();
    }
    return { service };
  },
  fromPartial: ({ service = '' }) => ({ service }),
};

const healthCheckResponse: MessageType<HealthCheckResponse> = {
  encode: ({ status }) => new ProtobufWriter().int(1, STATUSES.indexOf(status)),
  decode: (input) => {
    let status: ServingStatus = 'UNKNOWN';
    for (const field of readProtobuf(input)) {
      if (field.field === 1 && 'int' in field) status = STATUSES[field.int] ?? 'UNKNOWN';
    }
    return { status };
  },
};

/** `grpc.health.v1.Health`: the messages are the same, byte for byte. */
export const HealthDefinition = {
  name: 'Health',
  fullName: 'grpc.health.v1.Health',
  methods: {
    check: {
      name: 'Check',
      requestType: healthCheckRequest,
      requestStream: false,
      responseType: healthCheckResponse,
      responseStream: false,
      options: { idempotencyLevel: 'NO_SIDE_EFFECTS' },
    },
    watch: {
      name: 'Watch',
      requestType: healthCheckRequest,
      requestStream: false,
      responseType: healthCheckResponse,
      responseStream: true,
      options: { idempotencyLevel: 'NO_SIDE_EFFECTS' },
    },
  },
} as const;

/**
 * The handlers of the health service, and the place to say how a service does.
 *
 * ```ts
 * const health = new HealthService();
 * provider.notifyService(HealthDefinition, health.handlers, { listed: false });
 * health.set('', 'NOT_SERVING'); // while it warms up
 * ```
 */
export class HealthService {
  readonly #pollMs: number;
  readonly #clock: Clock;
  readonly #statuses = new Map<string, ServingStatus | (() => ServingStatus)>([['', 'SERVING']]);

  /** @param pollMs how often a watched status is looked at, ms. Default 500 */
  constructor({ pollMs = 500, clock = systemClock }: { pollMs?: number; clock?: Clock } = {}) {
    this.#pollMs = pollMs;
    this.#clock = clock;
  }

  /** The handlers, for `notifyService`. */
  readonly handlers: Handlers<typeof HealthDefinition> = {
    check: ({ service }) => {
      const status = this.#status(service);
      if (status !== 'SERVICE_UNKNOWN') return { status };
      throw new RpcError('NOT_FOUND', `there is no service ${service} here`);
    },
    watch: ({ service }, { signal, draining }) => this.#watch(service, signal, draining),
  };

  /** How a service does, or what tells it when asked; '' stands for the whole process, which begins as SERVING. */
  set(service: string, status: ServingStatus | (() => ServingStatus)): void {
    this.#statuses.set(service, status);
  }

  #status(service: string): ServingStatus {
    const status = this.#statuses.get(service) ?? 'SERVICE_UNKNOWN';
    return typeof status === 'function' ? status() : status;
  }

  /** The status, and again whenever it has changed; NOT_SERVING and the end when the provider drains. */
  async *#watch(
    service: string,
    signal: AbortSignal,
    draining: AbortSignal,
  ): AsyncGenerator<HealthCheckResponse, void> {
    const stop = AbortSignal.any([signal, draining]);
    let told: ServingStatus | undefined;
    while (!stop.aborted) {
      const status = this.#status(service);
      if (status !== told) yield { status };
      told = status;
      await this.#pause(stop);
    }
    if (!signal.aborted && told !== 'NOT_SERVING') yield { status: 'NOT_SERVING' };
  }

  #pause(stop: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (stop.aborted) return Promise.resolve();
    const timer = this.#clock.setTimeout(() => {
      stop.removeEventListener('abort', end);
      resolve();
    }, this.#pollMs);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    stop.addEventListener('abort', end, { once: true });
    return promise;
  }
}
