import {
  type ReflectedMethod,
  type ReflectedService,
  ReflectionDefinition,
  RpcChannel,
  type RpcChannelOptions,
  RpcError,
  StaticResolver,
} from '@mpim/mprpc';

/** Where something is served. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a list of places serves, by service name, and what could not be asked. */
export interface MethodList {
  readonly services: readonly ReflectedService[];
  readonly problems: readonly string[];
  /** Whether somebody did not take the caller's word for who it is. */
  readonly unauthenticated: boolean;
}

/** Asks each place by reflection, all at once. */
export async function listMethods(
  places: readonly Place[],
  deadlineMs: number,
  options: Pick<RpcChannelOptions, 'authentication' | 'transport'> = {},
): Promise<MethodList> {
  const services = new Map<string, ReflectedService>();
  const problems: string[] = [];
  let unauthenticated = false;
  await Promise.all(
    places.map(async ({ host, port }) => {
      await using channel = new RpcChannel({
        resolver: new StaticResolver([{ host, port }]),
        ...options,
      });
      try {
        const reflection = channel.client(ReflectionDefinition);
        const list = await reflection.listServices({}, { deadlineMs });
        for (const service of list.services) services.set(service.fullName, service);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        unauthenticated ||= error.code === 'UNAUTHENTICATED';
        problems.push(`${host}:${port} does not tell what it serves: ${error.message}`);
      }
    }),
  );
  const sorted = [...services.values()].sort((a, b) => a.name.localeCompare(b.name));
  return { services: sorted, problems, unauthenticated };
}

/** A method in words: `unary, may be repeated`. */
export function describeMethod(method: ReflectedMethod): string {
  const { requestStream, responseStream, idempotencyLevel } = method;
  const kind = requestStream
    ? responseStream
      ? 'bidirectional streaming'
      : 'client streaming'
    : responseStream
      ? 'server streaming'
      : 'unary';
  if (idempotencyLevel === 'NO_SIDE_EFFECTS') return `${kind}, reads only`;
  return idempotencyLevel === 'IDEMPOTENT' ? `${kind}, may be repeated` : kind;
}
