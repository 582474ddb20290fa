import { type Acl, OPEN_ACL, Permission } from '@mpim/zookeeper/protocol';

/**
 * The list to keep in place of one that was just read: by far the most are the one that lets everybody do everything,
 * and all nodes share one object for it.
 */
export function sharedAcl(acl: readonly Acl[]): readonly Acl[] {
  const only = acl[0];
  const isOpen =
    acl.length === 1 &&
    only?.permissions === Permission.all &&
    only.scheme === 'world' &&
    only.id === 'anyone';
  return isOpen ? OPEN_ACL : acl;
}
