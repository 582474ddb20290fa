import { text as readAll } from 'node:stream/consumers';
import { ServiceDiscovery } from '@mpim/governance';
import {
  type CallOptions,
  type Resolver,
  RpcChannel,
  type RpcChannelOptions,
  RpcError,
  StaticResolver,
} from '@mpim/mprpc';
import { type RpcTlsFiles, rpcTlsTransport } from '@mpim/service-kit';
import { Command, InvalidArgumentError } from 'commander';
import { requestFromJson, responseToJson } from '../call/json-messages.ts';
import { definitionsIn, type KnownMethod, knownMethod } from '../call/known-services.ts';
import { describeMethod, listMethods, type Place } from '../call/list-methods.ts';
import { authentication, defaultSecretFile } from '../call/service-secret.ts';
import { CommandError } from '../command-error.ts';
import { parseWhole } from '../terminal/options.ts';
import { printableLine } from '../terminal/printable.ts';
import { alignColumns } from '../terminal/table.ts';
import { addRpcTlsOptions } from '../terminal/tls-options.ts';
import { addServerOptions, type ServerOptions, withZooKeeper } from '../zk/session.ts';
import { readRegistry } from './services.ts';

interface CallFlags extends RpcTlsFiles, ServerOptions {
  readonly address?: Place;
  readonly instance?: string;
  readonly deadline: number;
  readonly serviceSecretFile?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly definition?: string;
  readonly list?: true;
  readonly json?: true;
}

/** `mpim call`: one RPC, through discovery or to an address; or a list of what can be called. */
export function callCommand(): Command {
  return addServerOptions(addRpcTlsOptions(new Command('call')), 'find the instances here')
    .description(
      'Calls a method of a service with a request in JSON and prints the response in JSON.',
    )
    .argument('[method]', 'service and method, e.g. UserServiceRpc/FindUsers')
    .argument('[request]', "the request in JSON; '-' reads it from stdin", '{}')
    .option('--address <host:port>', 'call this instance, without ZooKeeper', parsePlace)
    .option('--instance <id>', 'call the instance with this id and no other')
    .option('--service-secret-file <file>', 'the secret between services', defaultSecretFile())
    .option('--deadline <ms>', 'give up after so many milliseconds', parseDeadline, 5_000)
    .option('--metadata <key=value>', 'send this along; may be repeated', addMetadata, {})
    .option('--definition <file>', 'a module generated from a .proto, for services of your own')
    .option('--list', 'list what can be called, as the instances tell it')
    .option('--json', 'one line of JSON')
    .action(async (method: string | undefined, request: string, flags: CallFlags) => {
      if (flags.list) await list(method, flags);
      else if (method !== undefined) {
        const others = flags.definition === undefined ? [] : await definitionsIn(flags.definition);
        await call(knownMethod(method, others), request, flags);
      } else throw new CommandError('USAGE', 'Name a method to call, or --list what there is.');
    });
}

async function call(known: KnownMethod, request: string, flags: CallFlags): Promise<void> {
  const { service, method } = known;
  const text = request === '-' ? await readAll(process.stdin) : request;
  const label = `${service.name}/${method.name}`;
  const message = requestFromJson(method.requestType, text, label);
  const response = await (flags.address === undefined
    ? withZooKeeper(flags, async ({ zk }) => {
        await using discovery = new ServiceDiscovery(zk);
        return await send(discovery, known, message, flags);
      })
    : send(new StaticResolver([flags.address]), known, message, flags));
  console.log(responseToJson(method.responseType, response, !flags.json));
}

async function send(
  resolver: Resolver,
  { service, key }: KnownMethod,
  request: unknown,
  flags: CallFlags,
): Promise<unknown> {
  const { deadline, instance, metadata } = flags;
  await using channel = new RpcChannel({ resolver, ...(await credentials(flags)) });
  const options: CallOptions = {
    deadlineMs: deadline,
    metadata,
    ...(instance === undefined ? {} : { instance }),
  };
  try {
    return await channel.client(service)[key]?.(request, options);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const { code, reason, message } = error;
    const word = reason === undefined || reason === code ? code : `${code} ${reason}`;
    const hint = code === 'UNAUTHENTICATED' ? ` ${secretHint(flags)}` : '';
    throw new CommandError('CALL', `${word}: ${printableLine(message)}${hint}`, { cause: error });
  }
}

/** What the services want to see before a call. */
async function credentials(
  flags: CallFlags,
): Promise<Pick<RpcChannelOptions, 'authentication' | 'transport'>> {
  const transport = await rpcTlsTransport(flags);
  return {
    ...authentication(flags.serviceSecretFile),
    ...(transport === undefined ? {} : { transport }),
  };
}

/** What to do about instances that do not take our word for it. */
function secretHint({ serviceSecretFile }: CallFlags): string {
  return serviceSecretFile === undefined
    ? 'Give their secret: --service-secret-file DATA_DIR/service-secret'
    : `Is ${serviceSecretFile} the secret that they were started with?`;
}

/** Of one service when it is named. */
async function list(only: string | undefined, flags: CallFlags): Promise<void> {
  const places = flags.address === undefined ? await registered(flags) : [flags.address];
  const { services, problems, unauthenticated } = await listMethods(
    places,
    flags.deadline,
    await credentials(flags),
  );
  const shown = services.filter(
    ({ name, fullName }) => only === undefined || [name, fullName].includes(only),
  );
  for (const problem of problems) console.error(`mpim: ${printableLine(problem)}`);
  if (flags.json) {
    console.log(JSON.stringify(shown));
  } else {
    const rows = shown.flatMap(({ name, methods }) =>
      methods.map((method) => [`${name}/${method.name}`, describeMethod(method)]),
    );
    for (const line of alignColumns(rows.map((row) => row.map(printableLine)))) console.log(line);
  }
  if (shown.length > 0) return;
  if (unauthenticated) {
    throw new CommandError('CALL', `Services do not know who asks. ${secretHint(flags)}`);
  }
  throw new CommandError(
    'CALL',
    only === undefined
      ? 'Nothing can be called. Start some services with: mpim up'
      : `Nobody serves ${only}.`,
  );
}

/** Each address in the registry once. */
async function registered(at: ServerOptions): Promise<Place[]> {
  const places = new Map<string, Place>();
  for (const instances of (await readRegistry(at)).values()) {
    for (const { host, port } of instances) places.set(`${host}:${port}`, { host, port });
  }
  return [...places.values()];
}

function parsePlace(text: string): Place {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new InvalidArgumentError('Give host:port, or [host]:port for IPv6.');
  }
  return { host, port };
}

function parseDeadline(text: string): number {
  return parseWhole(text, 1, 3_600_000, 'milliseconds from 1 to 3600000');
}

function addMetadata(
  text: string,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give key=value.');
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}
