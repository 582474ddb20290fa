import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild, temporaryFolder } from '@mpim/testkit';
import {
  createModeFlags,
  JuteReader,
  OPEN_ACL,
  OpCode,
  readGetChildrenResponse,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { CrashWriter, Promises } from './crash-writer.ts';
import { Dice } from './dice.ts';
import { RawClient } from './raw-client.ts';

const main = join(import.meta.dirname, 'durable-server-main.ts');
const WRITERS = 6;
const MAX_RUN_MS = 250;

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
    await using child = startServer(folder.path);
    const port = Number((await child.waitForLine(/^ready \d+$/)).split(' ')[1]);
    if (round === 0) await makeParent(port);
    for (const writer of writers) await writer.connect(port);
    await verify(port, writers, promises);
    if (round === rounds) break;
    const runs = Promise.all(writers.map((writer) => writer.run()));
    await delay(dice.below(MAX_RUN_MS));
    child.kill('SIGKILL');
    await Promise.all([runs, child.exit]);
    complaints.push(...child.stdout.filter((line) => line.startsWith('complaint')));
  }
  return { acknowledged: Number(promises.highestZxid), complaints };
}

function startServer(dataDir: string): Child {
  return startChild(process.execPath, ['--disable-warning=ExperimentalWarning', main, dataDir]);
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
