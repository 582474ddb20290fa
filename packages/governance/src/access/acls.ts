import { type Acl, Permission, READ_ONLY_ACL } from '@mpim/zookeeper';

const { write, create, delete: remove, admin } = Permission;
const CHANGES = write | create | remove | admin;

/** An identity as ACLs name it, such as scheme `sasl` and id `mpim`. */
export interface AclIdentity {
  readonly scheme: string;
  /** Of `digest`: `user:base64(sha1(user:password))`, see `digestId`. */
  readonly id: string;
}

/**
 * The ACL of what services keep in ZooKeeper: these identities may do everything, everybody else may read
 * (docs/decisions/0011).
 *
 * @example
 * const acl = identityAcl([{ scheme: 'digest', id: digestId('mpim:secret') }]);
 * const registry = new ServiceRegistry(zk, { acl });
 */
export function identityAcl(identities: readonly AclIdentity[]): Acl[] {
  const owners = identities.map(({ scheme, id }) => ({ scheme, id, permissions: Permission.all }));
  return [...owners, ...READ_ONLY_ACL];
}

/** Whether somebody without credentials may change the node, what is below it, or who may. */
export function isOpen(acl: readonly Acl[]): boolean {
  return acl.some(({ scheme, permissions }) => scheme === 'world' && (permissions & CHANGES) !== 0);
}

/** Whether both give the same rights to the same identities, in whatever order. */
export function isSameAcl(some: readonly Acl[], others: readonly Acl[]): boolean {
  return rights(some) === rights(others);
}

function rights(acl: readonly Acl[]): string {
  return acl
    .map(({ scheme, id, permissions }) => JSON.stringify([scheme, id, permissions]))
    .sort()
    .join();
}
