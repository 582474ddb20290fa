import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import {
  type Acl,
  createModeFlags,
  JuteReader,
  JuteWriter,
  OPEN_ACL,
  OpCode,
  READ_ONLY_ACL,
} from '@mpim/zookeeper/protocol';
import { systemClock } from '@mpim/zookeeper-server';
import { SUPER_IDENTITY } from '../../src/acl/identity.ts';
import { systemDisk } from '../../src/persistence/disk.ts';
import { readSnapshot } from '../../src/persistence/read-snapshot.ts';
import { replayTxn } from '../../src/persistence/replay.ts';
import { readTxn, writeTxn } from '../../src/persistence/txn-codec.ts';
import { writeSnapshot } from '../../src/persistence/write-snapshot.ts';
import { prepareCloseSession } from '../../src/prepare/prepare-close-session.ts';
import { prepareCreate } from '../../src/prepare/prepare-create.ts';
import { prepareDelete } from '../../src/prepare/prepare-delete.ts';
import { prepareMulti } from '../../src/prepare/prepare-multi.ts';
import { prepareSetAcl } from '../../src/prepare/prepare-set-acl.ts';
import { prepareSetData } from '../../src/prepare/prepare-set-data.ts';
import { RequestError } from '../../src/request-error.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import type { Txn } from '../../src/txn/txn.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { Dice } from '../support/operations.ts';

const ROUNDS = 25;
const CHANGES_PER_WRITE = 60;
const LEVELS = 3;
const NAMES = 6;

const ACLS: readonly [readonly Acl[], ...(readonly Acl[])[]] = [
  OPEN_ACL,
  OPEN_ACL,
  READ_ONLY_ACL,
  [{ permissions: 31, scheme: 'digest', id: 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=' }],
  [{ permissions: 1, scheme: 'ip', id: '10.0.0.0/8' }],
];

/** A tree that is changed at random, and the log of its changes. */
class ChangingTree {
  readonly tree = new DataTree(new WatchManager(), 0n, { digest: true });
  readonly log: Buffer[] = [];
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  change(count: number): void {
    for (let i = 0; i < count; i++) {
      const sessionId = BigInt(1 + this.#dice.below(3));
      try {
        this.#apply(this.#next(sessionId), sessionId);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
      }
    }
  }

  #apply(txn: Txn, sessionId: bigint): void {
    const zxid = this.tree.lastZxid + 1n;
    const header = { sessionId, cxid: 0, zxid, time: systemClock.now() + Number(zxid) };
    this.tree.apply(header, txn);
    const output = new JuteWriter();
    writeTxn(output, header, txn);
    this.log.push(output.take());
  }

  #next(sessionId: bigint): Txn {
    const { tree } = this;
    const context = { tree, sessionId, identities: [SUPER_IDENTITY], extendedTypes: true };
    const dice = this.#dice;
    const path = this.#path();
    const data = dice.chance(5) ? null : Buffer.alloc(dice.below(15_000), dice.below(256));
    const flags = createModeFlags(
      dice.one(['persistent', 'persistent', 'ephemeral', 'persistent-sequential', 'container']),
    );
    const op = flags === createModeFlags('container') ? OpCode.createContainer : OpCode.create2;
    const create = { path, data, acl: dice.one(ACLS), flags };
    switch (dice.below(11)) {
      case 0:
        return prepareCloseSession(tree.index, sessionId);
      case 1:
        return prepareSetAcl(context, { path, acl: dice.one(ACLS), version: -1 });
      case 2:
      case 3:
        return prepareSetData(context, { path, data, version: -1 });
      case 4: {
        const again = { type: OpCode.create2, request: { ...create, flags: 0 } } as const;
        const remove = { type: OpCode.delete, request: { path, version: -1 } } as const;
        return prepareMulti(context, { operations: [remove, again] });
      }
      case 5:
      case 6:
        return prepareDelete(context, { path, version: -1 });
      default:
        return prepareCreate(context, op, create);
    }
  }

  #path(): string {
    const levels = 1 + this.#dice.below(LEVELS);
    return Array.from({ length: levels }, () => `/${this.#dice.below(NAMES)}`).join('');
  }
}

/** All nodes, readable in an assertion. */
function describeTree(tree: DataTree): object {
  const nodes: Record<string, object> = {};
  const open = ['/'];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const node = tree.get(path);
    assert.ok(node);
    const { acl, version, ephemeralOwner } = node;
    const data = node.data?.toString('base64') ?? null;
    nodes[path] = { ...node.stat(), data, acl, version, owner: ephemeralOwner };
    for (const name of node.children) open.push(path === '/' ? `/${name}` : `${path}/${name}`);
  }
  return nodes;
}

test('a snapshot of a tree that changes, and the log of the changes, give the tree', async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await using folder = await temporaryFolder('snapshot');
    const dice = new Dice(seed);
    const subject = new ChangingTree(dice);
    subject.change(1200);
    const start = subject.tree.lastZxid;
    let writes = 0;
    const disk = {
      create: async (...args: Parameters<typeof systemDisk.create>) => {
        const file = await systemDisk.create(...args);
        const write: typeof file.write = (bytes, position, done) => {
          writes++;
          // The request path goes on while the disk is busy.
          file.write(bytes, position, (error) => {
            subject.change(CHANGES_PER_WRITE);
            done(error);
          });
        };
        return {
          write,
          sync: () => file.sync(),
          truncate: (bytes: number) => file.truncate(bytes),
          close: () => file.close(),
        };
      },
    };
    const path = await writeSnapshot(folder.path, disk, {
      tree: subject.tree,
      sessions: [[7n, 4000]],
      settled: async () => {},
      signal: new AbortController().signal,
    });
    assert.ok(writes >= 3, `${writes} writes leave no time for changes`);
    subject.change(100);

    const tree = new DataTree(new WatchManager(), 0n, { digest: true });
    const { sessions, digest } = await readSnapshot(path, tree);
    tree.loadedUpTo(start);
    assert.deepEqual(sessions, new Map([[7n, 4000]]));
    assert.ok(digest !== null && digest.zxid > start);
    for (const bytes of subject.log) {
      const logged = readTxn(new JuteReader(bytes));
      if (logged.header.zxid <= start) continue;
      replayTxn(tree, logged);
      if (logged.header.zxid === digest.zxid) {
        assert.equal(tree.digest?.value, digest.value, `seed ${seed}`);
      }
    }
    assert.equal(tree.lastZxid, subject.tree.lastZxid);
    assert.deepEqual(describeTree(tree), describeTree(subject.tree), `seed ${seed}`);
    assert.equal(tree.digest?.value, subject.tree.digest?.value);
    assert.equal(tree.approximateDataBytes, subject.tree.approximateDataBytes);
    assert.equal(tree.nodeCount, subject.tree.nodeCount);
    for (const session of [1n, 2n, 3n]) {
      const paths = [...tree.index.ephemeralsOf(session)].sort();
      assert.deepEqual(paths, [...subject.tree.index.ephemeralsOf(session)].sort());
    }
  }
});

test('a snapshot that cannot be finished leaves nothing behind', async () => {
  await using folder = await temporaryFolder('snapshot');
  const { tree } = new ChangingTree(new Dice(1));
  const signal = AbortSignal.abort();
  const source = { tree, sessions: [], settled: async () => {}, signal };
  await assert.rejects(writeSnapshot(folder.path, systemDisk, source), { name: 'AbortError' });
  const failing = { ...source, signal: new AbortController().signal };
  const settled = () => Promise.reject(new Error('the log is gone'));
  await assert.rejects(writeSnapshot(folder.path, systemDisk, { ...failing, settled }), /is gone/);
  assert.deepEqual(await readdir(folder.path), []);
});
