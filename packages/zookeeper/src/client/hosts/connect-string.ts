import { pathProblem } from '../../protocol/index.ts';
import { badArgument } from '../arguments.ts';
import { ZooKeeperError } from '../errors.ts';

const DEFAULT_PORT = 2181;

/** One server as the connect string names it. */
export interface HostPort {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What a connect string says. */
export interface ConnectString {
  readonly hosts: readonly HostPort[];
  /** Path that all paths are below; empty for none. */
  readonly chroot: string;
}

/**
 * Parses `host[:port],…[/chroot]`. The port defaults to 2181; IPv6 addresses stand in brackets when a
 * port follows: `[::1]:2181,10.0.0.1/mpim`.
 *
 * Throws `BAD_ARGUMENTS` with what is wrong.
 */
export function parseConnectString(text: string): ConnectString {
  if (typeof text !== 'string') {
    throw badArgument('connect string', text, 'text such as host:port,host:port/chroot');
  }
  const slash = text.indexOf('/');
  const chroot = slash < 0 ? '' : text.slice(slash);
  if (chroot.length > 1) {
    const problem = pathProblem(chroot);
    if (problem !== null) throw bad(text, `the chroot ${JSON.stringify(chroot)}: ${problem}`);
  }
  const hosts = (slash < 0 ? text : text.slice(0, slash))
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseHost(part, text));
  if (hosts.length === 0) throw bad(text, 'it names no host');
  return { hosts, chroot: chroot === '/' ? '' : chroot };
}

/** The way back: `host:port`, with brackets where they are needed. */
export function formatHost({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseHost(part: string, text: string): HostPort {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(part);
  const plain = bracketed ?? /^([^:[\]]+)(?::(\d+))?$/.exec(part);
  // Two colons or more without brackets: an IPv6 address alone.
  const bare = plain ?? /^([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.%a-z]*)$/.exec(part);
  const host = bare?.[1];
  if (host === undefined) throw bad(text, `${JSON.stringify(part)} is not host:port`);
  const port = bare?.[2] === undefined ? DEFAULT_PORT : Number(bare[2]);
  if (port < 1 || port > 65_535) throw bad(text, `port ${port} is not within 1 to 65535`);
  return { host, port };
}

function bad(text: string, problem: string): ZooKeeperError {
  const expected = 'expected host:port,host:port/chroot';
  const message = `connect string ${JSON.stringify(text)}: ${problem}; ${expected}`;
  return new ZooKeeperError('BAD_ARGUMENTS', message);
}
