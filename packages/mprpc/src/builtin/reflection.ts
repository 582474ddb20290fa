import type { IdempotencyLevel, MessageType, ServiceDefinition } from '../definition.ts';
import type { Handlers } from '../provider/handler.ts';
import { ProtobufWriter, readProtobuf } from './protobuf.ts';

/** A method as reflection tells of it. */
export interface ReflectedMethod {
  /** `Login` */
  name: string;
  requestStream: boolean;
  responseStream: boolean;
  idempotencyLevel: IdempotencyLevel;
}

/** A service as reflection tells of it. */
export interface ReflectedService {
  /** `UserServiceRpc` */
  name: string;
  /** `mpim.v1.UserServiceRpc` */
  fullName: string;
  methods: ReflectedMethod[];
}

/** All that a provider serves. */
export interface ServiceList {
  services: ReflectedService[];
  /** A serialised `google.protobuf.FileDescriptorSet`; empty when the provider was not given one. */
  descriptors: Uint8Array;
}

const LEVELS: readonly IdempotencyLevel[] = [
  'IDEMPOTENCY_UNKNOWN',
  'NO_SIDE_EFFECTS',
  'IDEMPOTENT',
];

const empty: MessageType<Record<string, never>> & {
  fromPartial(object: Record<string, never>): Record<string, never>;
} = {
  encode: () => new ProtobufWriter(),
  decode: () => ({}),
  fromPartial: () => ({}),
};

const serviceList: MessageType<ServiceList> = {
  encode: ({ services, descriptors }) => {
    const writer = new ProtobufWriter();
    for (const service of services) writer.bytes(1, encodeService(service));
    return descriptors.length === 0 ? writer : writer.bytes(2, descriptors);
  },
  decode: (input) => {
    const list: ServiceList = { services: [], descriptors: new Uint8Array(0) };
    for (const field of readProtobuf(input)) {
      if (!('bytes' in field)) continue;
      if (field.field === 1) list.services.push(decodeService(field.bytes));
      else if (field.field === 2) list.descriptors = Uint8Array.from(field.bytes);
    }
    return list;
  },
};

/** Tells what a provider serves. */
export const ReflectionDefinition = {
  name: 'Reflection',
  fullName: 'mprpc.v1.Reflection',
  methods: {
    listServices: {
      name: 'ListServices',
      requestType: empty,
      requestStream: false,
      responseType: serviceList,
      responseStream: false,
      options: { idempotencyLevel: 'NO_SIDE_EFFECTS' },
    },
  },
} as const;

/**
 * The handlers of reflection, for `notifyService`.
 *
 * ```ts
 * provider.notifyService(ReflectionDefinition, reflectionHandlers(provider), { listed: false });
 * ```
 *
 * @param provider whose services are told of, also those notified later
 * @param descriptors a serialised `FileDescriptorSet` for tools that want the messages too
 */
export function reflectionHandlers(
  provider: { readonly definitions: readonly ServiceDefinition[] },
  descriptors: Uint8Array = new Uint8Array(0),
): Handlers<typeof ReflectionDefinition> {
  return {
    listServices: () => ({ services: provider.definitions.map(reflect), descriptors }),
  };
}

function reflect({ name, fullName, methods }: ServiceDefinition): ReflectedService {
  return {
    name,
    fullName,
    methods: Object.values(methods).map((method) => ({
      name: method.name,
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      idempotencyLevel: method.options.idempotencyLevel ?? 'IDEMPOTENCY_UNKNOWN',
    })),
  };
}

function encodeService({ name, fullName, methods }: ReflectedService): Uint8Array {
  const writer = new ProtobufWriter().string(1, name).string(2, fullName);
  for (const method of methods) {
    writer.bytes(
      3,
      new ProtobufWriter()
        .string(1, method.name)
        .bool(2, method.requestStream)
        .bool(3, method.responseStream)
        .int(4, LEVELS.indexOf(method.idempotencyLevel))
        .finish(),
    );
  }
  return writer.finish();
}

function decodeService(input: Uint8Array): ReflectedService {
  const service: ReflectedService = { name: '', fullName: '', methods: [] };
  for (const field of readProtobuf(input)) {
    if (!('bytes' in field)) continue;
    if (field.field === 1) service.name = field.bytes.toString();
    else if (field.field === 2) service.fullName = field.bytes.toString();
    else if (field.field === 3) service.methods.push(decodeMethod(field.bytes));
  }
  return service;
}

function decodeMethod(input: Uint8Array): ReflectedMethod {
  const method: ReflectedMethod = {
    name: '',
    requestStream: false,
    responseStream: false,
    idempotencyLevel: 'IDEMPOTENCY_UNKNOWN',
  };
  for (const field of readProtobuf(input)) {
    if ('bytes' in field) {
      if (field.field === 1) method.name = field.bytes.toString();
    } else if (field.field === 2) {
      method.requestStream = field.int !== 0;
    } else if (field.field === 3) {
      method.responseStream = field.int !== 0;
    } else if (field.field === 4) {
      method.idempotencyLevel = LEVELS[field.int] ?? 'IDEMPOTENCY_UNKNOWN';
    }
  }
  return method;
}
