import { isIPv4, isIPv6 } from 'node:net';

/** Where an instance listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9_-]{1,63})*\.?$/;
const NUMERIC = /^[0-9.]+$/;

/**
 * True for an IPv4 or IPv6 address or a host name that others can call: listening addresses (`0.0.0.0`, `::`),
 * IPv6 zones and everything that is no host at all are refused.
 */
export function isCallableHost(host: string): boolean {
  if (isIPv4(host)) return host !== '0.0.0.0';
  if (isIPv6(host)) return !host.includes('%') && !/^[0:]+$/.test(host);
  return HOST_NAME.test(host) && !NUMERIC.test(host);
}

/** True for 1 to 65535. */
export function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535;
}

/** `host:port`, an IPv6 host in brackets: `[::1]:7000`. */
export function formatAddress(address: Address): string {
  const { host, port } = address;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads what {@link formatAddress} writes; `undefined` when it is not a callable address. */
export function parseAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  if (colon < 1 || !/^[0-9]{1,5}$/.test(digits)) return undefined;
  const bracketed = text.startsWith('[') && text[colon - 1] === ']';
  const host = bracketed ? text.slice(1, colon - 1) : text.slice(0, colon);
  const port = Number(digits);
  if (!isPort(port) || !isCallableHost(host) || bracketed !== isIPv6(host)) return undefined;
  return { host, port };
}
