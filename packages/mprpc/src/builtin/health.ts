import type { MessageType } from '../definition.ts';
import { RpcError } from '../errors.ts';
import type { Handlers } from '../provider/handler.ts';
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

/** `grpc.health.v1.Health`, without its `Watch`: the messages are the same, byte for byte. */
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
  readonly #statuses = new Map<string, ServingStatus | (() => ServingStatus)>([['', 'SERVING']]);

  /** The handlers, for `notifyService`. */
  readonly handlers: Handlers<typeof HealthDefinition> = {
    check: ({ service }) => {
      const status = this.#statuses.get(service);
      if (status === undefined) {
        throw new RpcError('NOT_FOUND', `there is no service ${service} here`);
      }
      return { status: typeof status === 'function' ? status() : status };
    },
  };

  /** How a service does, or what tells it when asked; '' stands for the whole process, which begins as SERVING. */
  set(service: string, status: ServingStatus | (() => ServingStatus)): void {
    this.#statuses.set(service, status);
  }
}
