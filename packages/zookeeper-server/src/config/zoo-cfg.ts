import { ZooKeeperServerError } from '../errors.ts';
import type { ZooKeeperServerOptions } from '../options.ts';
import { type Property, parseProperties } from './properties.ts';

/** What a `zoo.cfg` comes to. */
export interface ZooCfg {
  readonly options: ZooKeeperServerOptions;
  /** Entries that change nothing here, each named with its line. */
  readonly warnings: readonly string[];
}

type Options = { -readonly [Key in keyof ZooKeeperServerOptions]: ZooKeeperServerOptions[Key] };
/** Puts a value where it belongs; returns what the value should have been if it is none. */
type Setting = (options: Options, value: string) => string | null;

const MAX_PORT = 65_535;
const MAX_INT = 0x7fff_ffff;
const MIN_RETAINED = 3;
/** In place of a number: as if the line were not there. */
const UNSET = '-1';

const SETTINGS: Readonly<Record<string, Setting>> = {
  tickTime: whole('tickTimeMs', 1),
  dataDir: text('dataDir'),
  dataLogDir: text('dataLogDir'),
  clientPort: whole('port', 0, MAX_PORT),
  clientPortAddress: text('host'),
  maxClientCnxns: whole('maxClientConnections', 0),
  minSessionTimeout: unlessUnset(whole('minSessionTimeoutMs', 1)),
  maxSessionTimeout: unlessUnset(whole('maxSessionTimeoutMs', 1)),
  snapCount: whole('snapCount', 2),
  'autopurge.snapRetainCount': whole('snapRetainCount', 1),
  'autopurge.purgeInterval': whole('purgeIntervalHours', 0),
  '4lw.commands.whitelist': (options, value) => {
    options.fourLetterWordWhitelist = value.split(',').map((word) => word.trim());
    return null;
  },
  'DigestAuthenticationProvider.superDigest': text('superDigest'),
  extendedTypesEnabled: truth('extendedTypes'),
  enforceQuota: truth('enforceQuota'),
  forceSync: (options, value) => {
    if (!/^(yes|no)$/i.test(value)) return 'yes or no';
    options.forceSync = value.toLowerCase() === 'yes';
    return null;
  },
};

/** Keys that mean nothing to a server that stands alone, as Apache's own does not mind them either. */
const ENSEMBLE =
  /^(initLimit|syncLimit|connectToLearnerMasterLimit|electionAlg|standaloneEnabled|peerType|leaderServes|cnxTimeout|quorum.*|server\.\d+|weight\..*|group\..*)$/;
/** A member of an ensemble; one alone is a server that stands alone. */
const MEMBER = /^server\.\d+$/;

/**
 * Reads an Apache `zoo.cfg`. What Apache ZooKeeper takes for granted is taken for granted: it listens on all
 * addresses and purges nothing unless the file says otherwise.
 * Throws `ZooKeeperServerError` `BAD_OPTION`, with `path` and the line in its message, for a value that
 * cannot be, for a file without `dataDir`, and for one that describes an ensemble.
 */
export function parseZooCfg(source: string, path: string): ZooCfg {
  const options: Options = { host: '0.0.0.0', purgeIntervalHours: 0 };
  const warnings: string[] = [];
  const properties = parseProperties(source);
  for (const property of properties) apply(property, { options, warnings, path });
  const members = properties.filter(({ key }) => MEMBER.test(key));
  const second = members[1];
  if (second !== undefined) {
    bad(path, second, 'this server stands alone; leave one server.N line at most');
  }
  if (options.dataDir === undefined) {
    const message = `${path}: dataDir is missing; name the folder to keep everything in`;
    throw new ZooKeeperServerError('BAD_OPTION', message, { path });
  }
  if ((options.snapRetainCount ?? MIN_RETAINED) < MIN_RETAINED) {
    options.snapRetainCount = MIN_RETAINED;
    warnings.push(`${path}: autopurge.snapRetainCount is raised to ${MIN_RETAINED}`);
  }
  return { options, warnings };
}

function apply(
  property: Property,
  into: { options: Options; warnings: string[]; path: string },
): void {
  const { key, value, line } = property;
  const name = key.replace(/^zookeeper\./, '');
  const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
  if (setting !== undefined) {
    const wanted = setting(into.options, value);
    if (wanted !== null) bad(into.path, property, `it is "${value}"; give ${wanted}`);
  } else if (!ENSEMBLE.test(name)) {
    into.warnings.push(`${into.path}, line ${line}: ${key} is not known here and changes nothing`);
  }
}

function bad(path: string, { key, line }: Property, what: string): never {
  throw new ZooKeeperServerError('BAD_OPTION', `${path}, line ${line}: ${key}: ${what}`, { path });
}

type KeysOf<Value> = {
  [Key in keyof Options]-?: Options[Key] extends Value | undefined ? Key : never;
}[keyof Options];

function whole(name: KeysOf<number>, min: number, max = MAX_INT): Setting {
  return (options, value) => {
    const number = Number(value);
    const good = /^\d+$/.test(value) && number >= min && number <= max;
    if (!good) return `a whole number from ${min} to ${max}`;
    options[name] = number;
    return null;
  };
}

function unlessUnset(setting: Setting): Setting {
  return (options, value) => (value === UNSET ? null : setting(options, value));
}

function truth(name: KeysOf<boolean>): Setting {
  return (options, value) => {
    if (!/^(true|false)$/i.test(value)) return 'true or false';
    options[name] = value.toLowerCase() === 'true';
    return null;
  };
}

function text(name: KeysOf<string>): Setting {
  return (options, value) => {
    if (value === '') return 'a value';
    options[name] = value;
    return null;
  };
}
