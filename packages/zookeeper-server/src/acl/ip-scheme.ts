import { isIPv4, isIPv6 } from 'node:net';

const BITS_PATTERN = /^\d{1,3}$/;

/** Whether an ACL id is an address or a network such as `10.0.0.0/8`. */
export function isValidIpId(id: string): boolean {
  return parseNetwork(id) !== null;
}

/** Whether an address lies in the network an ACL id names. */
export function ipMatches(address: string, id: string): boolean {
  const network = parseNetwork(id);
  const bytes = addressBytes(address);
  if (network === null || bytes === null || bytes.length !== network.bytes.length) return false;
  return bytes.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, network.bits - i * 8));
    return byte >> (8 - bits) === (network.bytes[i] ?? 0) >> (8 - bits);
  });
}

/** A peer's address as IPv4 where it is an IPv4 address in IPv6 clothes. */
export function plainAddress(address: string): string {
  const tail = address.slice(address.lastIndexOf(':') + 1);
  return address.toLowerCase().startsWith('::ffff:') && isIPv4(tail) ? tail : address;
}

function parseNetwork(id: string): { bytes: number[]; bits: number } | null {
  const slash = id.indexOf('/');
  const bytes = addressBytes(slash < 0 ? id : id.slice(0, slash));
  if (bytes === null) return null;
  const width = bytes.length * 8;
  if (slash < 0) return { bytes, bits: width };
  const text = id.slice(slash + 1);
  if (!BITS_PATTERN.test(text) || Number(text) > width) return null;
  return { bytes, bits: Number(text) };
}

function addressBytes(address: string): number[] | null {
  if (isIPv4(address)) return address.split('.').map(Number);
  if (!isIPv6(address) || address.includes('%')) return null;
  return groupsOf(address).flatMap((group) => [group >> 8, group & 0xff]);
}

/** The eight 16-bit groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const front = readGroups(head);
  if (tail === undefined) return front;
  const back = readGroups(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function readGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
