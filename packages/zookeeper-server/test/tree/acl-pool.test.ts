import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { type Acl, OPEN_ACL } from '@mpim/zookeeper/protocol';
import { readSnapshot } from '../../src/persistence/read-snapshot.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { writeSnapshot } from '../../src/persistence/write-snapshot.ts';
import { AclPool } from '../../src/tree/acl-pool.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { ChangingTree } from '../support/changing-tree.ts';
import { Dice } from '../support/dice.ts';

const acl = (permissions: number, scheme: string, id: string): Acl => ({ permissions, scheme, id });

/** A list of its own, as each request brings one. */
function copyOf(list: readonly Acl[]): readonly Acl[] {
  return list.map((each) => ({ ...each }));
}

test('equal lists become one, and others never do', () => {
  const pool = new AclPool();
  const lists = [
    [acl(1, 'digest', 'a:b')],
    [acl(3, 'digest', 'a:b')],
    [acl(1, 'digest', 'a:c')],
    [acl(1, 'sasl', 'a:b')],
    [acl(1, 'sasl', '1,4,a:b')],
    [acl(1, 'digest', 'a'), acl(1, 'digest', 'b')],
    [acl(1, 'digest', 'b'), acl(1, 'digest', 'a')],
    [acl(1, 'digest', 'a;1,6,digest,1,b')],
    [acl(1, '', ''), acl(1, '', '')],
  ];
  const taken = lists.map((list) => pool.take(list));
  assert.equal(pool.size, lists.length);
  assert.equal(new Set(taken).size, lists.length);
  for (const [i, list] of lists.entries()) assert.equal(pool.take(copyOf(list)), taken[i]);
  assert.equal(pool.take(copyOf(OPEN_ACL)), OPEN_ACL);
  assert.equal(pool.size, lists.length);
});

test('a list is kept as long as a node has it', () => {
  const pool = new AclPool();
  const list = [acl(1, 'ip', '10.0.0.0/8')];
  const kept = pool.take(list);
  pool.take(copyOf(list));
  pool.release(kept);
  assert.equal(pool.take(copyOf(list)), kept);
  pool.release(kept);
  pool.release(kept);
  assert.equal(pool.size, 0);
  pool.release(OPEN_ACL);
  const empty: readonly Acl[] = [];
  assert.equal(pool.take(empty), empty);
  assert.equal(pool.size, 0);
});

/** Each different ACL is one object in the whole tree, and no more are counted than there are. */
function assertShared(tree: DataTree, what: string): number {
  const objects = new Set<readonly Acl[]>();
  const texts = new Set<string>();
  for (const [, node] of tree.entries()) {
    objects.add(node.acl);
    texts.add(JSON.stringify(node.acl));
  }
  assert.equal(objects.size, texts.size, what);
  assert.ok(objects.delete(OPEN_ACL));
  assert.equal(tree.aclCount, objects.size, what);
  return objects.size;
}

test('the nodes of a tree share their ACLs however it changes, after a replay and from a snapshot too', async () => {
  await using folder = await temporaryFolder('acl-pool');
  let most = 0;
  for (let seed = 1; seed <= 5; seed++) {
    const subject = new ChangingTree(new Dice(seed), 50);
    const { tree, log } = subject;
    for (let i = 0; i < 40; i++) {
      subject.change(30);
      most = Math.max(most, assertShared(tree, `seed ${seed}, after ${i} rounds`));
    }
    const replayed = new DataTree(new WatchManager(), 0n, { digest: true });
    log.replay(replayed);
    assert.equal(assertShared(replayed, `seed ${seed}, replayed`), tree.aclCount);
    const { signal } = new AbortController();
    const path = await writeSnapshot(folder.path, systemDisk, {
      tree,
      sessions: [],
      settled: async () => {},
      nextTurn: async () => {},
      signal,
    });
    const loaded = new DataTree(new WatchManager(), 0n, { digest: true });
    await readSnapshot(path, loaded, systemDisk);
    assert.equal(assertShared(loaded, `seed ${seed}, loaded`), tree.aclCount);
  }
  assert.ok(most > 5, `never more than ${most} ACLs`);
});
