import { requireKnownTls } from '../tls/known-tls.ts';
import type { TlsStores } from '../tls/tls-stores.ts';
import type { ListenerTls } from '../transport.ts';
import { namesOf, requireKnown } from './known-names.ts';
import { requireInteger } from './whole-number.ts';

/** A second door, for TLS. */
export interface SecureOptions {
  /** Default: the server's own address (`secureClientPortAddress`). */
  host?: string;
  /** Default 0: any free port (`secureClientPort`). */
  port?: number;
  /** Its certificates. */
  tls: ListenerTls | TlsStores;
}

/** Where the admin port listens, and to what. */
export interface AdminOptions {
  /** Default: the server's own address. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Path of the commands, null for none; default `/commands` (`admin.commandURL`). */
  commandUrl?: string | null;
  /** Milliseconds after which a silent connection is closed; default 30,000 (`admin.idleTimeout`). */
  idleTimeoutMs?: number;
}

/** Where the server is to be found. In brackets: the name in Apache ZooKeeper's `zoo.cfg`. */
export interface NetworkOptions {
  /** Makes the server's own door one for TLS; default: it is plain. */
  tls?: ListenerTls | TlsStores;
  /** A door for TLS beside the plain one; default none (`secureClientPort`, `ssl.*`). */
  secure?: SecureOptions;
  /** The HTTP port for operators; default none, see {@link AdminOptions} (`admin.*`). */
  admin?: AdminOptions;
  /** An HTTP port with nothing but `/metrics` for Prometheus; default none (`metricsProvider.*`). */
  prometheus?: AdminOptions;
  /** Connections that may wait to be accepted; default -1: the system's own number (`clientPortListenBacklog`). */
  listenBacklog?: number;
  /** Whether TCP itself looks after silent connections; default false (`clientTcpKeepAlive`). */
  tcpKeepAlive?: boolean;
}

/** {@link NetworkOptions} with the defaults filled in. */
export interface NetworkSettings {
  readonly tls: ListenerTls | TlsStores | null;
  readonly secure: SecureOptions | null;
  readonly admin: AdminOptions | null;
  readonly prometheus: AdminOptions | null;
  readonly listenBacklog: number;
  readonly tcpKeepAlive: boolean;
  /** TLS handshakes under way, and those that have failed. */
  readonly handshakes: { count: number; failed: number };
}

const MAX_PORT = 65_535;
const SECURE_OPTIONS = namesOf<SecureOptions>({ host: true, port: true, tls: true });
const ADMIN_OPTIONS = namesOf<AdminOptions>({
  host: true,
  port: true,
  commandUrl: true,
  idleTimeoutMs: true,
});

/** Fills in defaults; throws `ZooKeeperServerError` `BAD_OPTION` for what makes no sense. */
export function resolveNetwork(options: NetworkOptions): NetworkSettings {
  const network = {
    tls: options.tls ?? null,
    secure: options.secure ?? null,
    admin: options.admin ?? null,
    prometheus: options.prometheus ?? null,
    listenBacklog: options.listenBacklog ?? -1,
    tcpKeepAlive: options.tcpKeepAlive ?? false,
    handshakes: { count: 0, failed: 0 },
  };
  requireKnownTls('tls', network.tls);
  requireKnown('secure', network.secure, SECURE_OPTIONS);
  requireKnownTls('secure.tls', network.secure?.tls);
  requireKnownAdmin('admin', network.admin);
  requireKnownAdmin('prometheus', network.prometheus);
  requireInteger('secure.port', network.secure?.port ?? 0, 0, MAX_PORT);
  requireInteger('admin.port', network.admin?.port ?? 0, 0, MAX_PORT);
  requireInteger('prometheus.port', network.prometheus?.port ?? 0, 0, MAX_PORT);
  requireInteger('listenBacklog', network.listenBacklog, -1);
  return network;
}

/** Throws `ZooKeeperServerError` `BAD_OPTION` for a field that {@link AdminOptions}, called `what`, do not have. */
export function requireKnownAdmin(what: string, admin: AdminOptions | null): void {
  requireKnown(what, admin, ADMIN_OPTIONS);
}
