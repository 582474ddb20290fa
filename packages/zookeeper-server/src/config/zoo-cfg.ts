import { ZooKeeperServerError } from '../errors.ts';
import type { ZooKeeperServerOptions } from '../options.ts';
import type { TlsStores } from '../tls/tls-stores.ts';
import { type StoreDraft, ZooCfgDraft } from './draft.ts';
import { settingFor } from './honoured-keys.ts';
import { insteadOf, isNeedless, isUnsupported } from './other-keys.ts';
import { type Property, parseProperties } from './properties.ts';

/** What a `zoo.cfg` comes to. */
export interface ZooCfg {
  readonly options: ZooKeeperServerOptions;
  /** Entries that change nothing here but would in ZooKeeper, each named with its line. */
  readonly warnings: readonly string[];
}

const MIN_RETAINED = 3;
const LOOPBACK = '127.0.0.1';
const ADMIN_PORT = 8080;
const PROMETHEUS_PORT = 7000;
/** A member of an ensemble; one alone is a server that stands alone. */
const MEMBER = /^server\.\d+$/;
const AUTH_PROVIDER = /^authProvider\./;
/** Schemes that are there without being asked for; SASL is there once there are users. */
const BUILT_IN_PROVIDERS =
  /^org\.apache\.zookeeper\.server\.auth\.(Digest|IP|X509|SASL)AuthenticationProvider$/;
const SECRET = /password$|superDigest$/i;

/**
 * Reads an Apache `zoo.cfg`. What Apache ZooKeeper takes for granted is taken for granted: it listens on all
 * addresses and purges nothing unless the file says otherwise. The admin port is the exception: it opens if the file
 * speaks of it, and on loopback unless `admin.serverAddress` says otherwise.
 * What is `given` stands in the place of the file's own lines, as if they had said so: with a `host` the door for TLS that
 * has no address of its own is there, too, and a `dataDir` need not be in the file.
 * Throws `ZooKeeperServerError` `BAD_OPTION`, with `path` and the line in its message, for a value that
 * cannot be, if nothing says what `dataDir` is, and for a file that describes an ensemble.
 */
export function parseZooCfg(
  source: string,
  path: string,
  given: ZooKeeperServerOptions = {},
): ZooCfg {
  const draft = new ZooCfgDraft();
  const warnings: string[] = [];
  const properties = lastOfEach(parseProperties(source), warnings, path);
  for (const property of properties) apply(property, { draft, warnings, path });
  const members = properties.filter(({ key }) => MEMBER.test(key));
  const second = members[1];
  if (second !== undefined) {
    bad(path, second, 'this server stands alone; leave one server.N line at most');
  }
  const { options } = draft;
  Object.assign(options, given);
  if (options.dataDir === undefined) {
    fail(path, 'dataDir is missing; name the folder to keep everything in');
  }
  if ((options.snapRetainCount ?? MIN_RETAINED) < MIN_RETAINED) {
    options.snapRetainCount = MIN_RETAINED;
    warnings.push(`${path}: autopurge.snapRetainCount is raised to ${MIN_RETAINED}`);
  }
  putDoors(draft, path);
  putHttpPorts(draft, { properties, warnings, path });
  putDemands(draft, path);
  options.initialConfiguration = properties.map(withoutSecret).join('');
  return { options, warnings };
}

/** Of lines with the same key the last one counts, as in Java; the others are named. */
function lastOfEach(
  properties: readonly Property[],
  warnings: string[],
  path: string,
): readonly Property[] {
  const last = new Map(properties.map((property) => [property.key, property]));
  return properties.filter((property) => {
    const counting = last.get(property.key);
    if (counting === undefined || counting === property) return true;
    const { key, line } = property;
    warnings.push(
      `${path}, line ${line}: ${key} stands again in line ${counting.line}, which counts`,
    );
    return false;
  });
}

function apply(
  property: Property,
  into: { draft: ZooCfgDraft; warnings: string[]; path: string },
): void {
  const { key, value, line } = property;
  const name = key.replace(/^zookeeper\./, '');
  const { draft, warnings, path } = into;
  const setting = settingFor(name);
  if (setting !== undefined) {
    const wanted = setting(draft, value);
    const said = SECRET.test(name) ? 'it is not good' : `it is "${value}"`;
    if (wanted !== null) bad(path, property, `${said}; give ${wanted}`);
    return;
  }
  if (AUTH_PROVIDER.test(name)) {
    if (!BUILT_IN_PROVIDERS.test(value)) {
      warnings.push(
        `${path}, line ${line}: ${key}: there are no Java classes here; ${value} is not known`,
      );
    }
    return;
  }
  if (isNeedless(name) || name === 'admin.forceHttps') return;
  const instead = insteadOf(name, value);
  if (instead !== undefined)
    warnings.push(`${path}, line ${line}: ${key} is not supported: ${instead}`);
  else if (!isUnsupported(name)) {
    warnings.push(`${path}, line ${line}: ${key} is not known here and changes nothing`);
  }
}

/** The doors: a plain one, one for TLS, or both. */
function putDoors(draft: ZooCfgDraft, path: string): void {
  const { options, secure } = draft;
  const { port, host = options.host } = secure;
  if (port === undefined) return;
  const tls = stores(draft, path);
  if (options.port === undefined) {
    options.port = port;
    if (host !== undefined) options.host = host;
    options.tls = tls;
    return;
  }
  options.secure = { port, tls, ...(host === undefined ? {} : { host }) };
}

function stores(draft: ZooCfgDraft, path: string): TlsStores {
  const { keyStore, trustStore, clientAuth, protocols, ciphers } = draft;
  if (!isStore(keyStore)) {
    fail(
      path,
      'secureClientPort needs ssl.keyStore.location: a PEM file with key and certificate, or a PKCS12 one',
    );
  }
  return {
    keyStore,
    ...(isStore(trustStore) ? { trustStore } : {}),
    ...(clientAuth === undefined ? {} : { clientAuth }),
    ...(protocols === undefined ? {} : { protocols }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

function isStore(store: StoreDraft): store is StoreDraft & { location: string } {
  return store.location !== undefined;
}

function putHttpPorts(
  draft: ZooCfgDraft,
  file: { properties: readonly Property[]; warnings: string[]; path: string },
): void {
  const { options, admin, prometheus } = draft;
  const onlyHttps = file.properties.find(
    ({ key, value }) => /^(zookeeper\.)?admin\.forceHttps$/.test(key) && /^true$/i.test(value),
  );
  if (onlyHttps !== undefined && draft.isAdminWanted === true) {
    file.warnings.push(
      `${file.path}, line ${onlyHttps.line}: ${onlyHttps.key} cannot be done: the admin port speaks plain HTTP and stays shut`,
    );
  } else if (draft.isAdminWanted === true) {
    options.admin = { host: LOOPBACK, port: ADMIN_PORT, ...admin };
  }
  if (draft.isPrometheusWanted) {
    options.prometheus = { host: LOOPBACK, port: PROMETHEUS_PORT, ...prometheus };
  }
}

function putDemands(draft: ZooCfgDraft, path: string): void {
  const { options, enforcedSchemes } = draft;
  if (draft.isSaslDemanded) options.enforceAuthSchemes = ['sasl'];
  else if (draft.isAuthEnforced) {
    if (enforcedSchemes.length === 0) fail(path, 'enforce.auth.enabled needs enforce.auth.schemes');
    options.enforceAuthSchemes = enforcedSchemes;
  }
  if (draft.isReadOnlyModeOn) {
    options.fourLetterWordWhitelist = [...(options.fourLetterWordWhitelist ?? ['srvr']), 'isro'];
  }
}

/** A line as it was, but for what nobody else must know. */
function withoutSecret({ key, value }: Property): string {
  return `${key}=${SECRET.test(key) ? '***' : value}\n`;
}

function bad(path: string, { key, line }: Property, what: string): never {
  throw new ZooKeeperServerError('BAD_OPTION', `${path}, line ${line}: ${key}: ${what}`, { path });
}

function fail(path: string, what: string): never {
  throw new ZooKeeperServerError('BAD_OPTION', `${path}: ${what}`, { path });
}
