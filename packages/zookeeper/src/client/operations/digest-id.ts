import { createHash } from 'node:crypto';

/**
 * The id by which ACLs of the scheme `digest` know `user:password`: `user:base64(sha1(user:password))` (ZooKeeper:
 * `DigestAuthenticationProvider.generateDigest`, with its default `digestAlg`).
 *
 * @example
 * const acl = [{ scheme: 'digest', id: digestId('mpim:secret'), permissions: Permission.all }];
 */
export function digestId(credentials: string): string {
  const user = credentials.slice(0, credentials.indexOf(':'));
  return `${user}:${createHash('sha1').update(credentials).digest('base64')}`;
}
