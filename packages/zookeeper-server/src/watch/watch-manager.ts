import { type Acl, AddWatchMode, EventType, WatcherType } from '@mpim/zookeeper/protocol';
import { Summary } from '../metrics/summary.ts';
import type { TreeEvents } from '../tree/tree-events.ts';
import { WatchMode, WatchTable } from './watch-table.ts';
import { WatchedEvent, type Watcher } from './watched-event.ts';

/**
 * All watches of the server, in two tables as in ZooKeeper: what happens to a node itself (getData,
 * exists), and what happens to the list of its children (getChildren). Persistent watches are in both,
 * recursive ones in the first only (ZooKeeper 3.9, ZOOKEEPER-4466).
 */
export class WatchManager implements TreeEvents {
  /** Watches of getData and exists, and persistent ones of both kinds. */
  readonly data = new WatchTable();
  /** Watches of getChildren, and persistent ones. */
  readonly children = new WatchTable();
  /** How many were told of each event that anybody watched for. */
  readonly fired = {
    created: new Summary(),
    deleted: new Summary(),
    dataChanged: new Summary(),
    childrenChanged: new Summary(),
  };

  created(path: string, acl: readonly Acl[]): void {
    if (this.data.isEmpty) return;
    const told = this.data.trigger(new WatchedEvent(EventType.NodeCreated, path, acl));
    count(this.fired.created, told);
  }

  deleted(path: string, acl: readonly Acl[]): void {
    if (this.data.isEmpty && this.children.isEmpty) return;
    const event = new WatchedEvent(EventType.NodeDeleted, path, acl);
    const told = this.data.trigger(event);
    const alsoTold = this.children.trigger(event, { told });
    count(this.fired.deleted, told, alsoTold);
  }

  dataChanged(path: string, acl: readonly Acl[]): void {
    if (this.data.isEmpty) return;
    const told = this.data.trigger(new WatchedEvent(EventType.NodeDataChanged, path, acl));
    count(this.fired.dataChanged, told);
  }

  childrenChanged(path: string, acl: readonly Acl[]): void {
    if (this.children.isEmpty) return;
    const event = new WatchedEvent(EventType.NodeChildrenChanged, path, acl);
    count(this.fired.childrenChanged, this.children.trigger(event, { local: true }));
  }

  /** Sets a watch that stays until it is removed or its connection goes. */
  addPersistent(path: string, watcher: Watcher, mode: AddWatchMode): void {
    if (mode === AddWatchMode.persistentRecursive) {
      this.data.add(path, watcher, WatchMode.recursive);
    } else {
      this.data.add(path, watcher, WatchMode.persistent);
      this.children.add(path, watcher, WatchMode.persistent);
    }
  }

  /** Whether the watcher has a watch of this type on the path. */
  has(path: string, watcher: Watcher, type: number): boolean {
    const [data, children] = modesOf(type);
    return this.data.has(path, watcher, data) || this.children.has(path, watcher, children);
  }

  /** Removes watches of a type from a path; false if there were none. */
  remove(path: string, watcher: Watcher, type: number): boolean {
    const [data, children] = modesOf(type);
    const ofData = this.data.remove(path, watcher, data);
    const ofChildren = this.children.remove(path, watcher, children);
    return ofData || ofChildren;
  }

  /** Removes all watches of a connection that has gone. */
  removeWatcher(watcher: Watcher): void {
    this.data.removeWatcher(watcher);
    this.children.removeWatcher(watcher);
  }
}

function count(
  summary: Summary,
  told: ReadonlySet<Watcher>,
  alsoTold: ReadonlySet<Watcher> = told,
): void {
  let all = told.size;
  for (const watcher of alsoTold) if (!told.has(watcher)) all++;
  if (all > 0) summary.add(all);
}

const { oneShot, persistent, recursive } = WatchMode;
const ANY = oneShot | persistent | recursive;

/** The modes a watch type means in the two tables (ZooKeeper 3.9: `DataTree.removeWatch`). */
function modesOf(type: number): readonly [data: number, children: number] {
  switch (type) {
    case WatcherType.children:
      return [0, oneShot];
    case WatcherType.data:
      return [oneShot, 0];
    case WatcherType.any:
      return [ANY, ANY];
    case WatcherType.persistent:
      return [persistent, persistent];
    case WatcherType.persistentRecursive:
      return [recursive, 0];
    default:
      return [0, 0];
  }
}
