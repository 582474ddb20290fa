import { type Clock, systemClock } from './clock.ts';
import { ZooKeeperServerError } from './errors.ts';
import { type Logger, silentLogger } from './logger.ts';
import { type AccessOptions, type AccessSettings, resolveAccess } from './options/access.ts';
import { requireKnown } from './options/known-names.ts';
import { type LimitOptions, type LimitSettings, resolveLimits } from './options/limits.ts';
import { type NetworkOptions, type NetworkSettings, resolveNetwork } from './options/network.ts';
import { type ReaperOptions, type ReaperSettings, resolveReaper } from './options/reaper.ts';
import { requireInteger } from './options/whole-number.ts';
import type { Disk } from './persistence/disk.ts';
import { systemDisk } from './persistence/system-disk.ts';
import { type Random, systemRandom } from './random.ts';
import { type Transport, tcpTransport } from './transport.ts';

/** How a server is started; every part has a default. */
export interface ZooKeeperServerOptions
  extends NetworkOptions,
    LimitOptions,
    AccessOptions,
    ReaperOptions {
  /** Address to listen on; default `127.0.0.1`. */
  host?: string;
  /** Port to listen on; default 0, any free one. */
  port?: number;
  /**
   * Folder for everything the server keeps, in Apache ZooKeeper's own format; made if need be.
   * Without one the server keeps all in memory.
   */
  dataDir?: string;
  /** Folder for the transaction logs, if they are to lie elsewhere than the snapshots, best on a disk of their own. */
  dataLogDir?: string;
  /** Transactions after which a snapshot is written, or up to half as early; default 100,000. */
  snapCount?: number;
  /** Snapshots that are kept, with the logs that go with them; 3 at least, the default. */
  snapRetainCount?: number;
  /**
   * 0 keeps all files for ever. Anything else, as by default, has old ones removed whenever a snapshot was
   * written, which is when they become superfluous (`zoo.cfg`: `autopurge.purgeInterval`, hours).
   */
  purgeIntervalHours?: number;
  /** Milliseconds after which a write to the log is worth a warning; default 1000 (`fsync.warningthresholdms`). */
  slowWriteWarningMs?: number;
  /** Whether replies wait until the disk has the change; default true. Without, a power failure loses the latest. */
  forceSync?: boolean;
  /**
   * Whether few transactions at a time may be written to the log by the event loop itself, which then waits for the disk, as long
   * as the disk is fast; default true. Without, the loop never waits for a disk, and a write takes longer.
   */
  inlineWrites?: boolean;
  /** ZooKeeper's unit of time, ms: sessions end on tick boundaries. Default 2000. */
  tickTimeMs?: number;
  /** Shortest session timeout a client can have; default two ticks. */
  minSessionTimeoutMs?: number;
  /** Longest session timeout a client can have; default twenty ticks. */
  maxSessionTimeoutMs?: number;
  /** Four-letter words that are answered, or `*` for all; default `srvr`, as in ZooKeeper. */
  fourLetterWordWhitelist?: readonly string[];
  /** Where `dataDir` and `dataLogDir` are; default: the machine's file system. */
  disk?: Disk;
  /** Where connections come from; default: TCP. */
  transport?: Transport;
  /** What the admin command `initial_configuration` tells; default nothing. {@link parseZooCfg} puts the file here, without its secrets. */
  initialConfiguration?: string;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** Default: the operating system's randomness. */
  random?: Random;
  /** Default: says nothing. */
  logger?: Logger;
}

/** {@link ZooKeeperServerOptions} with the defaults filled in. */
export interface ServerSettings
  extends NetworkSettings,
    LimitSettings,
    AccessSettings,
    ReaperSettings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string | null;
  readonly dataLogDir: string | null;
  readonly snapCount: number;
  readonly snapRetainCount: number;
  readonly purgeIntervalHours: number;
  readonly slowWriteWarningMs: number;
  readonly forceSync: boolean;
  readonly inlineWrites: boolean;
  readonly tickTimeMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly fourLetterWordWhitelist: readonly string[];
  /** Schemes an ACL may name besides `world`, `auth`, `digest` and `ip`. */
  readonly schemes: Set<string>;
  readonly initialConfiguration: string;
  readonly disk: Disk;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const DEFAULT_TICK_MS = 2000;
const MIN_TIMEOUT_TICKS = 2;
const MAX_TIMEOUT_TICKS = 20;
const MAX_PORT = 65_535;
const DEFAULT_SNAP_COUNT = 100_000;
/** Settings that are no options. */
const OWN_SETTINGS: readonly string[] = ['handshakes', 'schemes'];
/** Fewer transactions than this between two snapshots make no sense. */
export const MIN_SNAP_COUNT = 2;
const MIN_SNAP_RETAIN_COUNT = 3;
const DEFAULT_PURGE_INTERVAL_HOURS = 1;
const DEFAULT_SLOW_WRITE_WARNING_MS = 1000;

/** Fills in defaults; throws `ZooKeeperServerError` `BAD_OPTION` for what makes no sense, and for what is no option. */
export function resolveOptions(options: ZooKeeperServerOptions): ServerSettings {
  const tickTimeMs = options.tickTimeMs ?? DEFAULT_TICK_MS;
  const settings = {
    ...resolveNetwork(options),
    ...resolveLimits(options),
    ...resolveAccess(options),
    ...resolveReaper(options),
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    dataDir: options.dataDir ?? null,
    dataLogDir: options.dataLogDir ?? null,
    snapCount: options.snapCount ?? DEFAULT_SNAP_COUNT,
    snapRetainCount: options.snapRetainCount ?? MIN_SNAP_RETAIN_COUNT,
    purgeIntervalHours: options.purgeIntervalHours ?? DEFAULT_PURGE_INTERVAL_HOURS,
    slowWriteWarningMs: options.slowWriteWarningMs ?? DEFAULT_SLOW_WRITE_WARNING_MS,
    forceSync: options.forceSync ?? true,
    inlineWrites: options.inlineWrites ?? true,
    tickTimeMs,
    minSessionTimeoutMs: options.minSessionTimeoutMs ?? tickTimeMs * MIN_TIMEOUT_TICKS,
    maxSessionTimeoutMs: options.maxSessionTimeoutMs ?? tickTimeMs * MAX_TIMEOUT_TICKS,
    fourLetterWordWhitelist: options.fourLetterWordWhitelist ?? ['srvr'],
    schemes: new Set(options.saslUsers === undefined ? [] : ['sasl']),
    initialConfiguration: options.initialConfiguration ?? '',
    disk: options.disk ?? systemDisk,
    transport: options.transport ?? tcpTransport,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? silentLogger,
  };
  const names = Object.keys(settings).filter((name) => !OWN_SETTINGS.includes(name));
  requireKnown('options', options, new Set(names));
  requireFolder('dataDir', options.dataDir);
  requireFolder('dataLogDir', options.dataLogDir);
  requireInteger('port', settings.port, 0, MAX_PORT);
  requireInteger('tickTimeMs', tickTimeMs, 1);
  requireInteger('minSessionTimeoutMs', settings.minSessionTimeoutMs, 1);
  requireInteger('maxSessionTimeoutMs', settings.maxSessionTimeoutMs, settings.minSessionTimeoutMs);
  requireInteger('snapCount', settings.snapCount, MIN_SNAP_COUNT);
  requireInteger('snapRetainCount', settings.snapRetainCount, MIN_SNAP_RETAIN_COUNT);
  requireInteger('purgeIntervalHours', settings.purgeIntervalHours, 0);
  requireInteger('slowWriteWarningMs', settings.slowWriteWarningMs, 0);
  return settings;
}

/** An empty name, as a variable that is not set gives one, would mean the folder the process happens to run in. */
function requireFolder(name: string, folder: string | undefined): void {
  if (folder !== '') return;
  const message = `${name} is empty; name a folder, or leave it out`;
  throw new ZooKeeperServerError('BAD_OPTION', message);
}
