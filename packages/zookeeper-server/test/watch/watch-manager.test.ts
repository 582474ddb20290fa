import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddWatchMode, EventType, OPEN_ACL, WatcherType } from '@mpim/zookeeper/protocol';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { WatchMode } from '../../src/watch/watch-table.ts';
import type { WatchedEvent, Watcher } from '../../src/watch/watched-event.ts';

const { NodeCreated, NodeDeleted, NodeDataChanged, NodeChildrenChanged } = EventType;

class Recorder implements Watcher {
  readonly session = null;
  #seen: [number, string][] = [];

  notify(event: WatchedEvent): void {
    this.#seen.push([event.type, event.path]);
  }

  /** What it was told since the last call. */
  take(): [number, string][] {
    return this.#seen.splice(0);
  }
}

test('a one-shot watch tells once', () => {
  const watches = new WatchManager();
  const one = new Recorder();
  watches.data.add('/a', one, WatchMode.oneShot);
  watches.data.add('/a', one, WatchMode.oneShot);
  watches.dataChanged('/a', OPEN_ACL);
  watches.dataChanged('/a', OPEN_ACL);
  assert.deepEqual(one.take(), [[NodeDataChanged, '/a']]);
  assert.equal(watches.data.isEmpty, true);
});

test('a delete is told once to who watches both data and children', () => {
  const watches = new WatchManager();
  const both = new Recorder();
  const parent = new Recorder();
  watches.data.add('/p/a', both, WatchMode.oneShot);
  watches.children.add('/p/a', both, WatchMode.oneShot);
  watches.children.add('/p', parent, WatchMode.oneShot);
  watches.deleted('/p/a', OPEN_ACL);
  watches.childrenChanged('/p', OPEN_ACL);
  assert.deepEqual(both.take(), [[NodeDeleted, '/p/a']]);
  assert.deepEqual(parent.take(), [[NodeChildrenChanged, '/p']]);
  assert.equal(watches.children.isEmpty, true);
});

test('a persistent watch stays, and beside it a one-shot one is told only once', () => {
  const watches = new WatchManager();
  const one = new Recorder();
  watches.addPersistent('/a', one, AddWatchMode.persistent);
  watches.data.add('/a', one, WatchMode.oneShot);
  watches.dataChanged('/a', OPEN_ACL);
  assert.deepEqual(one.take(), [[NodeDataChanged, '/a']]);
  watches.childrenChanged('/a', OPEN_ACL);
  watches.created('/a/b', OPEN_ACL);
  watches.deleted('/a', OPEN_ACL);
  assert.deepEqual(one.take(), [
    [NodeChildrenChanged, '/a'],
    [NodeDeleted, '/a'],
  ]);
});

test('a recursive watch reaches down, not sideways, and never tells of children lists', () => {
  const watches = new WatchManager();
  const deep = new Recorder();
  watches.addPersistent('/q', deep, AddWatchMode.persistentRecursive);
  watches.created('/q/a/b', OPEN_ACL);
  watches.childrenChanged('/q/a', OPEN_ACL);
  watches.created('/qx', OPEN_ACL);
  watches.dataChanged('/q', OPEN_ACL);
  watches.deleted('/q/a/b', OPEN_ACL);
  assert.deepEqual(deep.take(), [
    [NodeCreated, '/q/a/b'],
    [NodeDataChanged, '/q'],
    [NodeDeleted, '/q/a/b'],
  ]);
  const root = new Recorder();
  watches.addPersistent('/', root, AddWatchMode.persistentRecursive);
  watches.created('/z', OPEN_ACL);
  assert.deepEqual(root.take(), [[NodeCreated, '/z']]);
});

test('watches are removed by type', () => {
  const watches = new WatchManager();
  const one = new Recorder();
  watches.data.add('/a', one, WatchMode.oneShot);
  watches.children.add('/a', one, WatchMode.oneShot);
  watches.addPersistent('/a', one, AddWatchMode.persistent);
  watches.addPersistent('/a', one, AddWatchMode.persistentRecursive);
  assert.equal(watches.remove('/a', one, WatcherType.children), true);
  assert.equal(watches.remove('/a', one, WatcherType.children), false);
  assert.equal(watches.has('/a', one, WatcherType.persistent), true);
  assert.equal(watches.remove('/a', one, WatcherType.persistent), true);
  assert.equal(watches.remove('/a', one, WatcherType.persistentRecursive), true);
  assert.equal(watches.has('/a', one, WatcherType.data), true);
  assert.equal(watches.remove('/a', one, WatcherType.any), true);
  assert.equal(watches.remove('/a', one, WatcherType.any), false);
  assert.equal(watches.data.isEmpty && watches.children.isEmpty, true);
});

test('nothing is left of a watcher that has gone', () => {
  const watches = new WatchManager();
  const gone = new Recorder();
  const other = new Recorder();
  watches.data.add('/a', gone, WatchMode.oneShot);
  watches.data.add('/a', other, WatchMode.oneShot);
  watches.addPersistent('/b', gone, AddWatchMode.persistentRecursive);
  watches.removeWatcher(gone);
  assert.equal(watches.data.count(), 1);
  watches.created('/b/c', OPEN_ACL);
  watches.dataChanged('/a', OPEN_ACL);
  assert.deepEqual(gone.take(), []);
  assert.deepEqual(other.take(), [[NodeDataChanged, '/a']]);
});
