import { readFile } from 'node:fs/promises';
import type { ReadyMessage } from '@mpim/service-kit';
// Not from the package's front door: behind it are databases and metrics, half a second of the start.
import { createLogger } from '@mpim/service-kit/logging';
import {
  parseJaas,
  parseZooCfg,
  ZooKeeperServer,
  ZooKeeperServerError,
  type ZooKeeperServerOptions,
} from '@mpim/zookeeper-server';
import { Command, Option } from 'commander';
import { CommandError } from '../command-error.ts';
import { onStopSignals } from '../supervisor/signals.ts';
import { parsePort, parseWhole } from '../terminal/options.ts';

interface ZooKeeperOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir?: string;
  readonly tickTime: number;
  readonly config?: string;
  readonly jaas?: string;
  readonly adminPort?: number;
  readonly fourLetterWords?: readonly string[];
  readonly inlineWrites: boolean;
  readonly logLevel: LogLevel;
}

const DEFAULT_CLIENT_PORT = 2181;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** `mpim zookeeper`: the embedded server, until it is told to stop. */
export function zookeeperCommand(): Command {
  return new Command('zookeeper')
    .description('Runs the embedded ZooKeeper; any ZooKeeper client can use it.')
    .option('--port <n>', 'port for clients; 0 takes a free one', parsePort, DEFAULT_CLIENT_PORT)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--data-dir <dir>',
      'folder to keep everything in, as Apache ZooKeeper does (default: memory)',
    )
    .option('--tick-time <ms>', 'session timeouts are 2 to 20 ticks', parseTickTime, 2000)
    .option(
      '--jaas <file>',
      "Apache's JAAS file with the SASL users, as java.security.auth.login.config names it",
    )
    .option(
      '--admin-port <n>',
      'HTTP port on --host for /commands and /metrics; nobody is asked who they are (default: none)',
      parsePort,
    )
    .option(
      '--four-letter-words <words>',
      'those that are answered, with commas; * for all (default: srvr)',
      parseWords,
    )
    .option(
      '--no-inline-writes',
      'have threads do all writes to the log, so that the event loop never waits for the disk',
    )
    .addOption(
      new Option('--log-level <level>', 'what is logged, as JSON lines')
        .choices(LOG_LEVELS)
        .default('warn'),
    )
    .option(
      '--config <file>',
      'an Apache zoo.cfg, as it is; a flag that is given stands in the place of the line it has there',
    )
    .action((options: ZooKeeperOptions, command: Command) =>
      runZooKeeper(options, (name) => command.getOptionValueSource(name) === 'cli'),
    );
}

function parseTickTime(text: string): number {
  return parseWhole(text, 10, 60_000);
}

function parseWords(text: string): string[] {
  return text.split(',').map((word) => word.trim());
}

async function runZooKeeper(
  flags: ZooKeeperOptions,
  isGiven: (flag: keyof ZooKeeperOptions) => boolean,
): Promise<void> {
  const options = await serverOptions(flags, isGiven);
  const server = await start(options, flags.logLevel);
  const stopped = untilToldToStop();
  const where = options.dataDir === undefined ? 'in memory' : `data in ${options.dataDir}`;
  console.log(`ZooKeeper serves on ${server.host}:${server.port} (${where})`);
  for (const line of otherPorts(server)) console.log(line);
  process.send?.({
    type: 'ready',
    instanceId: 'zookeeper',
    host: server.host,
    port: server.port,
    adminPort: server.admin?.port ?? 0,
    metadata: {},
  } satisfies ReadyMessage);
  try {
    await Promise.race([stopped, server.failure]);
  } catch (error) {
    throw explained(error);
  }
  await server.stop();
  if (process.connected) process.disconnect();
}

/** The ports besides that for clients. */
function otherPorts({ secure, admin, prometheus }: ZooKeeperServer): string[] {
  return [
    ...(secure === null ? [] : [`TLS clients on ${secure.connectString}`]),
    ...(admin === null
      ? []
      : [`Commands on http://${admin.host}:${admin.port}${admin.commandUrl}`]),
    ...(prometheus === null
      ? []
      : [`Metrics on http://${prometheus.host}:${prometheus.port}/metrics`]),
  ];
}

/** What the flags say; with a file, the flags that were given and, where there is none, what the file says. */
async function serverOptions(
  flags: ZooKeeperOptions,
  isGiven: (flag: keyof ZooKeeperOptions) => boolean,
): Promise<ZooKeeperServerOptions> {
  const { host, port, tickTime: tickTimeMs, dataDir } = flags;
  const { adminPort, fourLetterWords } = flags;
  const isAlone = flags.config === undefined;
  const given: ZooKeeperServerOptions = {
    ...(isAlone || isGiven('host') ? { host } : {}),
    ...(isAlone || isGiven('port') ? { port } : {}),
    ...(isAlone || isGiven('tickTime') ? { tickTimeMs } : {}),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(flags.jaas === undefined ? {} : { saslUsers: await readJaas(flags.jaas) }),
    ...(flags.inlineWrites ? {} : { inlineWrites: false }),
    ...(fourLetterWords === undefined ? {} : { fourLetterWordWhitelist: fourLetterWords }),
  };
  const options: ZooKeeperServerOptions =
    flags.config === undefined
      ? given
      : { port: DEFAULT_CLIENT_PORT, ...(await readConfig(flags.config, given)) };
  if (adminPort === undefined) return options;
  const adminHost = isGiven('host') ? { host } : {};
  return { ...options, admin: { host, ...options.admin, ...adminHost, port: adminPort } };
}

async function readConfig(
  path: string,
  given: ZooKeeperServerOptions,
): Promise<ZooKeeperServerOptions> {
  const parse = (source: string) => parseZooCfg(source, path, given);
  const { options, warnings } = await readSettings(path, parse);
  for (const warning of warnings) console.error(`Warning: ${warning}`);
  return options;
}

function readJaas(path: string): Promise<Record<string, string>> {
  return readSettings(path, parseJaas);
}

async function readSettings<T>(
  path: string,
  parse: (source: string, path: string) => T,
): Promise<T> {
  try {
    return parse(await readFile(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof ZooKeeperServerError) {
      throw new CommandError('BAD_CONFIG', cause.message, { cause });
    }
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('BAD_CONFIG', `Cannot read ${path}: ${what}`, { cause });
  }
}

async function start(options: ZooKeeperServerOptions, level: LogLevel): Promise<ZooKeeperServer> {
  const logger = createLogger({ level, service: 'zookeeper', instance: 'zookeeper' });
  try {
    return await ZooKeeperServer.start({ ...options, logger });
  } catch (cause) {
    if (!(cause instanceof Error && portIsTaken(cause))) throw explained(cause);
    const isOwn = cause instanceof ZooKeeperServerError && cause.port === options.port;
    const message = !isOwn
      ? cause.message
      : `Port ${options.port} on ${options.host} is taken. Choose another with --port N (0 takes a free one).`;
    throw new CommandError('PORT_TAKEN', message, { cause });
  }
}

/** What is wrong with a setting or the data directory is for the person who starts the server to mend. */
function explained(cause: unknown): unknown {
  if (!(cause instanceof ZooKeeperServerError)) return cause;
  if (cause.code === 'BAD_OPTION') return new CommandError('BAD_CONFIG', cause.message, { cause });
  return cause.code.startsWith('DATA_')
    ? new CommandError('DATA_DIR', cause.message, { cause })
    : cause;
}

function portIsTaken(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'EADDRINUSE' || (error.cause instanceof Error && portIsTaken(error.cause));
}

/**
 * Under a supervisor (with an IPC channel) Ctrl-C is the supervisor's to handle, and losing it means the end;
 * alone, any stop signal is.
 */
function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) {
      onStopSignals(resolve, () => process.exit(130));
      return;
    }
    process.on('SIGINT', () => {});
    process.on('SIGHUP', () => {});
    process.once('SIGTERM', () => resolve());
    process.once('disconnect', () => resolve());
  });
}
