import { createHash } from 'node:crypto';

/**
 * `user:password` → `user:base64(sha1("user:password"))`, the form kept in ACLs; another `algorithm` takes the
 * place of sha1 (ZooKeeper: `DigestAuthenticationProvider.generateDigest`).
 */
export function digestOf(credentials: string, algorithm = 'sha1'): string {
  const user = credentials.split(':', 1)[0] ?? '';
  return `${user}:${createHash(algorithm).update(credentials).digest('base64')}`;
}

/**
 * Whether an id can stand in an ACL: one colon, something behind it. Further colons at the end do not count
 * (ZooKeeper: `DigestAuthenticationProvider.isValid`, which splits as Java does).
 */
export function isValidDigestId(id: string): boolean {
  let end = id.length;
  while (end > 0 && id[end - 1] === ':') end--;
  const colon = id.indexOf(':');
  return colon >= 0 && colon < end && colon === id.lastIndexOf(':', end - 1);
}

/** The id with its hash hidden, for those who may read a node but not administer it. */
export function maskDigestId(id: string): string {
  const colon = id.indexOf(':');
  return colon < 0 ? id : `${id.slice(0, colon)}:x`;
}
