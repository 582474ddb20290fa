/** What happened to a watched node (ZooKeeper: `Watcher.Event.EventType`). */
export const EventType = {
  None: -1,
  NodeCreated: 1,
  NodeDeleted: 2,
  NodeDataChanged: 3,
  NodeChildrenChanged: 4,
  /** 5 to 7 are made by clients; a server never sends them. */
  DataWatchRemoved: 5,
  ChildWatchRemoved: 6,
  PersistentWatchRemoved: 7,
} as const;

/** One of the numbers of {@link EventType}. */
export type EventType = (typeof EventType)[keyof typeof EventType];

/** State of the session that an event was sent in (ZooKeeper: `Watcher.Event.KeeperState`). */
export const KeeperState = {
  Disconnected: 0,
  SyncConnected: 3,
  AuthFailed: 4,
  ConnectedReadOnly: 5,
  SaslAuthenticated: 6,
  Closed: 7,
  Expired: -112,
} as const;

/** One of the numbers of {@link KeeperState}. */
export type KeeperState = (typeof KeeperState)[keyof typeof KeeperState];

/** How `addWatch` watches (ZooKeeper: `AddWatchMode`). */
export const AddWatchMode = { persistent: 0, persistentRecursive: 1 } as const;

/** One of the numbers of {@link AddWatchMode}. */
export type AddWatchMode = (typeof AddWatchMode)[keyof typeof AddWatchMode];

/** Which watches `checkWatches` and `removeWatches` mean (ZooKeeper: `Watcher.WatcherType`; 4 and 5 since 3.9). */
export const WatcherType = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
} as const;

/** One of the numbers of {@link WatcherType}. */
export type WatcherType = (typeof WatcherType)[keyof typeof WatcherType];
