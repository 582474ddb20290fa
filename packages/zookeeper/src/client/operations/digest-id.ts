import { createHash } from 'node:crypto';
import { ZooKeeperError } from '../errors.ts';

/**
 * The id by which ACLs of the scheme `digest` know `user:password`: `user:base64(sha1(user:password))` (ZooKeeper:
 * `DigestAuthenticationProvider.generateDigest`, with its default `digestAlg`).
 * Throws `BAD_ARGUMENTS` for text without a colon.
 *
 * @example
 * const acl = [{ scheme: 'digest', id: digestId('mpim:secret'), permissions: Permission.all }];
 */
export function digestId(credentials: string): string {
  const colon = typeof credentials === 'string' ? credentials.indexOf(':') : -1;
  if (colon < 0) throw new ZooKeeperError('BAD_ARGUMENTS', 'digestId: it takes user:password');
  const user = credentials.slice(0, colon);
  return `${user}:${createHash('sha1').update(credentials).digest('base64')}`;
}
