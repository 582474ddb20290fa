import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild, temporaryFolder, waitFor } from '@mpim/testkit';
import {
  createModeFlags,
  JuteReader,
  OPEN_ACL,
  OpCode,
  readGetChildrenResponse,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { silentLogger } from '@mpim/zookeeper-server';
import { VERSION_FOLDER } from '../../src/persistence/file-names.ts';
import { recover } from '../../src/persistence/recover.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { CrashWriter, Promises } from './crash-writer.ts';
import { Dice } from './dice.ts';
import { RawClient } from './raw-client.ts';

const main = join(import.meta.dirname, 'durable-server-main.ts');
const WRITERS = 6;
const MAX_RUN_MS = 250;
const START_OPERATIONS = 10;
const MAX_OPERATIONS = 150;

/** What was seen over all rounds. */
export interface CrashReport {
  /** Transactions acknowledged. */
  readonly acknowledged: number;
  /** What the servers complained of: torn writes, at most. */
  readonly complaints: readonly string[];
}

/**
 * Kills a durable server under concurrent writers, again and again, and checks after each start that all
 * it had acknowledged or shown is there, that sessions and ephemeral nodes came through, and that no
 * version and no sequence number ever goes back.
 */
export async function crashRounds(rounds: number, seed: number): Promise<CrashReport> {
  await using folder = await temporaryFolder('crash');
  const dice = new Dice(seed);
  const promises = new Promises();
  const writers = Array.from({ length: WRITERS }, (_, i) => new CrashWriter(i, promises));
  const complaints: string[] = [];
  for (let round = 0; round <= rounds; round++) {
    await checkSessions(folder.path, writers);
    if (round % 4 === 3) {
      complaints.push(...(await dieAtStart(folder.path, 1 + dice.below(START_OPERATIONS))));
    }
    await using child = startServer(folder.path);
    const port = Number((await child.waitForLine(/^ready \d+$/)).split(' ')[1]);
    if (round === 0) await makeParent(port);
    for (const writer of writers) await writer.connect(port);
    await verify(port, writers, promises);
    if (round === rounds) break;
    // Every second one is not killed at some moment, but in the midst of some disk operation.
    if (round % 2 === 1) child.writeLine(String(1 + dice.below(MAX_OPERATIONS)));
    const runs = Promise.all(writers.map((writer) => writer.run()));
    if (round % 2 === 0) {
      await delay(dice.below(MAX_RUN_MS));
      child.kill('SIGKILL');
    }
    await Promise.all([runs, child.exit]);
    complaints.push(...complaintsOf(child));
  }
  return { acknowledged: Number(promises.highestZxid), complaints };
}

function startServer(dataDir: string, ...operations: string[]): Child {
  const flags = ['--disable-warning=ExperimentalWarning'];
  return startChild(process.execPath, [...flags, main, dataDir, ...operations]);
}

/** Starts a server that dies on the way, most likely; what it has done by then must not harm the next one. */
async function dieAtStart(dataDir: string, operations: number): Promise<string[]> {
  await using child = startServer(dataDir, String(operations));
  const isReady = (line: string) => line.startsWith('ready ');
  await waitFor(() => child.stdout.some(isReady) || !child.running);
  child.kill('SIGKILL');
  assert.equal(await child.exit, 'SIGKILL', child.output());
  return complaintsOf(child);
}

function complaintsOf(child: Child): string[] {
  return child.stdout.filter((line) => line.startsWith('complaint'));
}

/** What the files say of the sessions, before the clients come back and ask for their timeouts anew. */
async function checkSessions(dataDir: string, writers: readonly CrashWriter[]): Promise<void> {
  const sessions = writers.flatMap(({ session }) => session ?? []);
  if (sessions.length === 0) return;
  await using copy = await temporaryFolder('crash-copy');
  await cp(join(dataDir, VERSION_FOLDER), copy.path, { recursive: true });
  const tree = new DataTree(new WatchManager(), 0n, { digest: true });
  const folders = { snapshots: copy.path, logs: copy.path };
  const parts = { disk: systemDisk, logger: silentLogger };
  const recovered = await recover(folders, tree, parts);
  for (const { sessionId, timeoutMs } of sessions) {
    assert.equal(recovered.sessions.get(sessionId), timeoutMs, `session ${sessionId}`);
  }
}

async function makeParent(port: number): Promise<void> {
  using client = await RawClient.open(port);
  const flags = createModeFlags('persistent');
  const value = { path: '/seq', data: null, acl: OPEN_ACL, flags };
  await client.request(OpCode.create, (output) => writeCreateRequest(output, value));
}

async function verify(port: number, writers: CrashWriter[], promises: Promises): Promise<void> {
  for (const writer of writers) await writer.verify();
  using client = await RawClient.open(port);
  const value = { path: '/seq', watch: false };
  const reply = await client.request(OpCode.getChildren, (output) =>
    writePathWatchRequest(output, value),
  );
  const body = reply?.body ?? new JuteReader(Buffer.alloc(0));
  const there = new Set(readGetChildrenResponse(body).children.map((name) => `/seq/${name}`));
  const lost = promises.created.filter((path) => !there.has(path));
  assert.deepEqual(lost, [], 'acknowledged nodes are gone');
  assert.equal(new Set(promises.created).size, promises.created.length, 'a name came twice');
}
