import { packetLimits } from './calls/packet-limits.ts';
import { type Random, systemClock } from './clock.ts';
import { tlsTransport } from './connection/tls-transport.ts';
import { type Transport, tcpTransport } from './connection/transport.ts';
import { ZooKeeperError } from './errors.ts';
import type { HostPort } from './hosts/connect-string.ts';
import { HostList } from './hosts/host-list.ts';
import type { ZooKeeperClientOptions } from './options.ts';
import type { SessionOptions } from './session/session-options.ts';

const DEFAULT_SESSION_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** What a client's options mean for its session, with the defaults filled in. Throws `BAD_ARGUMENTS`. */
export function sessionSettings(
  options: ZooKeeperClientOptions,
  hosts: readonly HostPort[],
): SessionOptions {
  const { clock = systemClock, random = Math.random } = options;
  return {
    hosts: new HostList(hosts, random),
    sessionTimeoutMs: options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS,
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    credentials: options.session,
    sasl: options.sasl,
    readOnly: options.readOnly ?? false,
    renewExpired: options.renewExpiredSession ?? false,
    clock,
    random,
    transport: transportOf(options, random),
    highWaterMark: options.highWaterMark,
    limits: packetLimits(options),
  };
}

function transportOf({ transport, tls }: ZooKeeperClientOptions, random: Random): Transport {
  if (transport === undefined) {
    return tls === undefined ? tcpTransport(random) : tlsTransport(tls, random);
  }
  if (tls === undefined) return transport;
  const message = 'options.tls: a transport of your own (options.transport) makes its own TLS';
  throw new ZooKeeperError('BAD_ARGUMENTS', message);
}
