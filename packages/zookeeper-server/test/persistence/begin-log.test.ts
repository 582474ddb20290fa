import assert from 'node:assert/strict';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ApacheZooKeeper,
  type Child,
  missingDebianPackages,
  startChild,
  temporaryFolder,
  waitFor,
} from '@mpim/testkit';
import { OPEN_ACL, OpCode, writeCreateRequest } from '@mpim/zookeeper/protocol';
import { LOG_HEADER } from '../../src/persistence/log-format.ts';
import { ApacheRecovery } from '../support/apache-recovery/apache-recovery.ts';
import { dumpTree } from '../support/dump-tree.ts';
import { RawClient } from '../support/raw-client.ts';

const missing = await missingDebianPackages('zookeeper', 'default-jdk-headless');
const main = join(import.meta.dirname, '../support/durable-server-main.ts');

/** Disk operations of a start around its first log. */
const START_STEPS = [10, 11, 12, 13, 14, 15, 16];
/** Those from a transaction that rolls on, to its entry in the new log, among the first of a snapshot. */
const ROLL_STEPS = [2, 6, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 24];
/** How many kills there may be until one has come while the new log had no name: which step that is depends on the machine. */
const MOST_ROLL_KILLS = 60;
/** So small that every transaction rolls, unless a snapshot is under way. */
const SNAP_COUNT = 2;

function startServer(dataDir: string, operations: number): Child {
  const flags = ['--disable-warning=ExperimentalWarning', main, dataDir];
  return startChild(process.execPath, [...flags, String(operations), String(SNAP_COUNT)]);
}

async function names(dataDir: string): Promise<string[]> {
  return await readdir(join(dataDir, 'version-2')).catch(() => []);
}

describe('a server that is killed at any step', { skip: missing ?? false }, () => {
  let apache: ApacheRecovery;
  before(async () => {
    apache = await ApacheRecovery.start();
  });
  after(() => apache[Symbol.asyncDispose]());

  /** Every log has its header, and Apache ZooKeeper finds at least so many transactions. */
  async function assertUsable(dataDir: string, step: number, zxid = 0n): Promise<void> {
    await using copy = await temporaryFolder('begin-log-copy');
    // Apache ZooKeeper writes a snapshot where it finds none.
    await cp(dataDir, copy.path, { recursive: true });
    for (const name of await names(dataDir)) {
      if (!name.startsWith('log.')) continue;
      const bytes = await readFile(join(dataDir, 'version-2', name));
      assert.deepEqual(bytes.subarray(0, 16), LOG_HEADER, `${name}, killed at step ${step}`);
    }
    const findings = await apache.recover(copy.path);
    const found = /^zxid (-?\d+) /.exec(findings.at(-2) ?? '')?.[1];
    assert.ok(found !== undefined, `Apache, killed at step ${step}: ${findings.join('; ')}`);
    assert.ok(BigInt(found) >= zxid, `Apache found ${found} of ${zxid}, killed at step ${step}`);
  }

  test('of its start leaves nothing that Apache ZooKeeper does not start on', async () => {
    let leftovers = 0;
    for (const step of START_STEPS) {
      await using folder = await temporaryFolder('begin-log');
      await using child = startServer(folder.path, step);
      const isReady = (line: string) => line.startsWith('ready ');
      await waitFor(() => child.stdout.some(isReady) || !child.running);
      child.kill('SIGKILL');
      assert.equal(await child.exit, 'SIGKILL', child.output());
      await assertUsable(folder.path, step);
      if (!(await names(folder.path)).some((name) => name.startsWith('unfinished-log.'))) continue;
      if (leftovers++ > 0) continue;
      await using real = await ApacheZooKeeper.start({ dataDir: folder.path });
      assert.ok(Object.keys(await dumpTree(real.port)).length > 0);
    }
    assert.ok(leftovers >= 1, 'a kill while the log had no name yet');
  });

  test('of a roll leaves nothing that Apache ZooKeeper does not start on, and loses nothing', async () => {
    await using folder = await temporaryFolder('begin-log');
    let [zxid, leftovers] = [0n, 0];
    for (let kill = 0; kill < MOST_ROLL_KILLS; kill++) {
      if (kill >= ROLL_STEPS.length && leftovers > 0) break;
      const step = ROLL_STEPS[kill % ROLL_STEPS.length] ?? 0;
      await using child = startServer(folder.path, Number.POSITIVE_INFINITY);
      const port = Number((await child.waitForLine(/^ready \d+$/)).split(' ')[1]);
      const before = await names(folder.path);
      assert.ok(!before.some((name) => name.startsWith('unfinished-')), String(before));
      using client = await RawClient.open(port, { lastZxidSeen: zxid });
      assert.ok(client.session, 'the server is behind what its clients have seen');
      child.writeLine(String(step));
      await waitFor(() => child.stdout.includes('armed'));
      while (!client.closed) {
        const node = { path: '/n-', data: null, acl: OPEN_ACL, flags: 2 };
        const reply = await client.request(OpCode.create, (out) => writeCreateRequest(out, node));
        if (reply !== null) zxid = reply.zxid;
      }
      assert.equal(await child.exit, 'SIGKILL', child.output());
      await assertUsable(folder.path, step, zxid);
      if ((await names(folder.path)).some((name) => name.startsWith('unfinished-log.')))
        leftovers++;
    }
    assert.ok(leftovers >= 1, 'a kill while the log had no name yet');
  });
});
