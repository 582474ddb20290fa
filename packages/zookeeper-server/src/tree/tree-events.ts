import type { Acl } from '@mpim/zookeeper/protocol';

/**
 * Told of every change while it is applied, in order. Each call carries the ACL of the node the event
 * is about, because only those who may read that node may learn of it.
 */
export interface TreeEvents {
  created(path: string, acl: readonly Acl[]): void;
  deleted(path: string, acl: readonly Acl[]): void;
  dataChanged(path: string, acl: readonly Acl[]): void;
  childrenChanged(path: string, acl: readonly Acl[]): void;
}
