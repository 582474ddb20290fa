import { HealthDefinition, type MethodDefinition, type ServiceDefinition } from '@mpim/mprpc';
import {
  GatewayServiceRpcDefinition,
  GroupServiceRpcDefinition,
  MessageServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  UserServiceRpcDefinition,
} from '@mpim/protocol';
import { CommandError } from '../command-error.ts';

/** The services whose messages this program knows; others can be listed but not called. */
const KNOWN: readonly ServiceDefinition[] = [
  UserServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  MessageServiceRpcDefinition,
  GroupServiceRpcDefinition,
  GatewayServiceRpcDefinition,
  HealthDefinition,
];

/** A method found by name. */
export interface KnownMethod {
  readonly service: ServiceDefinition;
  /** Its name in a client: `login`. */
  readonly key: string;
  readonly method: MethodDefinition;
}

/** Finds `UserServiceRpc/Login`; a leading slash, the full name and `login` will do. Throws CommandError USAGE. */
export function knownMethod(path: string): KnownMethod {
  const [serviceName = '', methodName = '', ...rest] = path.replace(/^\//, '').split('/');
  if (methodName === '' || rest.length > 0) {
    throw new CommandError('USAGE', `${path} is no method: write UserServiceRpc/Login.`);
  }
  const service = KNOWN.find(({ name, fullName }) => [name, fullName].includes(serviceName));
  if (service === undefined) {
    const names = KNOWN.map(({ name }) => name).join(', ');
    throw new CommandError('USAGE', `${serviceName} is no known service; there are ${names}.`);
  }
  const methods = Object.entries(service.methods);
  const found = methods.find(([key, { name }]) => [key, name].includes(methodName));
  if (found === undefined) {
    const names = methods.map(([, { name }]) => name).join(', ');
    throw new CommandError(
      'USAGE',
      `${service.name} has no method ${methodName}; it has ${names}.`,
    );
  }
  const [key, method] = found;
  if (method.requestStream || method.responseStream) {
    throw new CommandError(
      'USAGE',
      `${path} is a streaming method; only unary ones can be called.`,
    );
  }
  return { service, key, method };
}
