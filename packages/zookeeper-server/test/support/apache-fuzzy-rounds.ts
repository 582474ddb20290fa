import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApacheZooKeeper, temporaryFolder } from '@mpim/testkit';
import { OpCode } from '@mpim/zookeeper/protocol';
import { VERSION_FOLDER } from '../../src/persistence/file-names.ts';
import { purge } from '../../src/persistence/purge.ts';
import { recover } from '../../src/persistence/recover.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { Dice } from './dice.ts';
import { becomeSuper, type DumpedNode, dumpOf, dumpTree } from './dump-tree.ts';
import { heavyLoad } from './heavy-load.ts';
import { RawClient } from './raw-client.ts';
import { RecordingLogger } from './recording-logger.ts';

const WRITERS = 4;
const CHANGES = 1000;
const SNAP_COUNT = 700;
const TIMEOUT_MS = 120_000;
// Logs that are not 64 MB each.
const JAVA = ['-Xmx256m', '-Dzookeeper.preAllocSize=256'];

/**
 * Has Apache ZooKeeper write its fuzzy snapshots under heavy changes, and recovers its files again and again: the tree
 * must be the one that Apache ZooKeeper itself has at that moment, which the log's digests say too.
 */
export async function apacheFuzzyRounds(rounds: number, seed: number): Promise<void> {
  await using folder = await temporaryFolder('fuzzy');
  const dataDir = join(folder.path, 'data');
  const files = join(dataDir, VERSION_FOLDER);
  const settings = { dataDir, snapCount: SNAP_COUNT, maxSessionTimeout: TIMEOUT_MS };
  await using apache = await ApacheZooKeeper.start(settings, JAVA);
  for (let round = 0; round < rounds; round++) {
    const clients: RawClient[] = [];
    for (let i = 0; i < WRITERS; i++)
      clients.push(await RawClient.open(apache.port, { timeoutMs: TIMEOUT_MS }));
    await Promise.all(clients.map(becomeSuper));
    const dice = (i: number) => new Dice(seed * 1000 + round * WRITERS + i);
    await Promise.all(clients.map((client, i) => heavyLoad(client, dice(i), CHANGES)));
    const copy = join(folder.path, 'copy');
    await cp(files, copy, { recursive: true });
    const tree = new DataTree(new WatchManager(), 0n, { digest: true });
    const logger = new RecordingLogger();
    await recover({ snapshots: copy, logs: copy }, tree, { disk: systemDisk, logger });
    compareDumps(dumpOf(tree), await dumpTree(apache.port), `seed ${seed}, round ${round}`);
    // One that is still being written is passed over.
    const complaints = logger.complaints.filter(({ message }) => !message.includes('incomplete'));
    assert.deepEqual(complaints, [], `seed ${seed}, round ${round}`);
    await rm(copy, { recursive: true });
    await purge({ snapshots: files, logs: files }, 3, systemDisk);
    // Sessions that time out during a later round would change the tree behind its back.
    await Promise.all(clients.map((client) => client.request(OpCode.closeSession)));
    for (const client of clients) client[Symbol.dispose]();
  }
}

/** Names the first node that differs: the difference of whole trees takes minutes to print. */
function compareDumps(
  actual: Readonly<Record<string, DumpedNode>>,
  expected: Readonly<Record<string, DumpedNode>>,
  what: string,
): void {
  for (const path of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    assert.deepEqual(actual[path], expected[path], `${what}: ${path}`);
  }
}
