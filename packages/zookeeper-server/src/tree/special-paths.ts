/** The top of the server's own nodes. */
export const ZOOKEEPER_PATH = '/zookeeper';
/** Where quotas are kept. */
export const QUOTA_PATH = '/zookeeper/quota';
/** Where an ensemble keeps its members; empty on a server that stands alone. */
export const CONFIG_PATH = '/zookeeper/config';

/** Whether a node can never be deleted (ZooKeeper: `DataTree.isSpecialPath`). */
export function isSpecialPath(path: string): boolean {
  return path === '/' || path === ZOOKEEPER_PATH || path === QUOTA_PATH || path === CONFIG_PATH;
}
