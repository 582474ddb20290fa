import { type Acl, ErrorCode } from '@mpim/zookeeper/protocol';
import { refuse } from '../request-error.ts';
import { type Identity, SUPER_IDENTITY } from './identity.ts';
import { ipMatches } from './ip-scheme.ts';

/** Whether an ACL grants one of `permissions` to somebody (ZooKeeper: `ZooKeeperServer.checkACL`). */
export function isAllowed(
  acl: readonly Acl[],
  permissions: number,
  identities: readonly Identity[],
): boolean {
  for (const entry of acl) {
    if ((entry.permissions & permissions) !== 0 && matches(entry, identities)) return true;
  }
  return acl.length === 0 || identities.some(({ scheme }) => scheme === SUPER_IDENTITY.scheme);
}

/** Refuses with NOAUTH what {@link isAllowed} does not allow. */
export function checkAcl(
  acl: readonly Acl[],
  permissions: number,
  identities: readonly Identity[],
): void {
  if (!isAllowed(acl, permissions, identities)) refuse(ErrorCode.NOAUTH);
}

function matches(entry: Acl, identities: readonly Identity[]): boolean {
  if (entry.scheme === 'world') return entry.id === 'anyone';
  return identities.some(({ scheme, id }) => {
    if (scheme !== entry.scheme) return false;
    return scheme === 'ip' ? ipMatches(id, entry.id) : id === entry.id;
  });
}
