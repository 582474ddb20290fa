import type { HostPort } from './connect-string.ts';

/** Listening on all addresses of the machine. */
const ANY_ADDRESS = /^(?:0\.0\.0\.0|[0:]*:[0:]*)$/;

/** Where clients reach the members of an ensemble. */
export interface EnsembleHosts {
  readonly hosts: readonly HostPort[];
  /** Ids of the members whose entries do not say (they have `clientPort` elsewhere) or cannot be read. */
  readonly unknown: readonly string[];
}

/**
 * Reads entries such as `10.0.0.4:2888:3888:participant;0.0.0.0:2181`, by the members' ids: a member is at its address for
 * clients, or, when that is all of them, at the one for the other members (Curator:
 * `EnsembleTracker.configToConnectionString`).
 */
export function ensembleHosts(entries: ReadonlyMap<string, string>): EnsembleHosts {
  const hosts: HostPort[] = [];
  const unknown: string[] = [];
  for (const [id, entry] of entries) {
    const host = clientHost(entry);
    if (host === null) unknown.push(id);
    else hosts.push(host);
  }
  return { hosts, unknown };
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
