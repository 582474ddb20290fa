import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HealthDefinition, type MethodDefinition, type ServiceDefinition } from '@mpim/mprpc';
import {
  GatewayServiceRpcDefinition,
  GroupServiceRpcDefinition,
  MessageServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  UserServiceRpcDefinition,
} from '@mpim/protocol';
import { CommandError } from '../command-error.ts';

/** The services whose messages this program knows; of others it needs the generated module. */
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

/** The service definitions that a generated module exports. Throws CommandError USAGE when there is none. */
export async function definitionsIn(file: string): Promise<ServiceDefinition[]> {
  const path = resolve(file);
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('USAGE', `${path} cannot be imported: ${problem}`, { cause });
  }
  const definitions = Object.values(exported).filter(isDefinition);
  if (definitions.length > 0) return definitions;
  throw new CommandError(
    'USAGE',
    `${path} exports no service: generate it with ts-proto's outputServices=generic-definitions.`,
  );
}

function isDefinition(value: unknown): value is ServiceDefinition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'fullName' in value &&
    'methods' in value &&
    typeof value.methods === 'object'
  );
}

/**
 * Finds `UserServiceRpc/Login`, among `others` too; a leading slash, the full name and `login` will do.
 * Throws CommandError USAGE.
 */
export function knownMethod(path: string, others: readonly ServiceDefinition[] = []): KnownMethod {
  const [serviceName = '', methodName = '', ...rest] = path.replace(/^\//, '').split('/');
  if (methodName === '' || rest.length > 0) {
    throw new CommandError('USAGE', `${path} is no method: write UserServiceRpc/Login.`);
  }
  const known = [...others, ...KNOWN];
  const service = known.find(({ name, fullName }) => [name, fullName].includes(serviceName));
  if (service === undefined) {
    const names = known.map(({ name }) => name).join(', ');
    throw new CommandError(
      'USAGE',
      `${serviceName} is no known service; there are ${names}. Name the module generated from its .proto with --definition.`,
    );
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
