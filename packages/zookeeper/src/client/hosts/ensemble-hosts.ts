import type { HostPort } from './connect-string.ts';

/** Listening on all addresses of the machine. */
const ANY_ADDRESS = /^(?:0\.0\.0\.0|[0:]*:[0:]*)$/;

/**
 * Where clients reach the members of an ensemble, from entries such as
 * `10.0.0.4:2888:3888:participant;0.0.0.0:2181`: at the address for clients, or, when that is all of them, at the one
 * for the other members (Curator: `EnsembleTracker.configToConnectionString`).
 *
 * Null when an entry does not say (it has `clientPort` elsewhere) or cannot be read, and when there are none: what is
 * known otherwise is better than a part of them.
 */
export function ensembleHosts(entries: Iterable<string>): HostPort[] | null {
  const hosts: HostPort[] = [];
  for (const entry of entries) {
    const host = clientHost(entry);
    if (host === null) return null;
    hosts.push(host);
  }
  return hosts.length === 0 ? null : hosts;
}

function clientHost(entry: string): HostPort | null {
  const [peer = '', client = ''] = entry.split(';');
  const [, address = '0.0.0.0', digits] = /^(?:(.+):)?(\d+)$/.exec(client.trim()) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) return null;
  const named = unbracketed(address);
  if (!ANY_ADDRESS.test(named)) return { host: named, port };
  // A member may have several addresses, `a:2888:3888|b:2888:3888`.
  const own = /^(\[[^\]]+\]|[^:[\]|]+):\d+:\d+/.exec(peer.trim())?.[1];
  return own === undefined ? null : { host: unbracketed(own), port };
}

function unbracketed(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1');
}
