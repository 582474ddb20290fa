import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingDebianPackage, startChild, temporaryFolder } from '@mpim/testkit';
import { purge } from '../../src/persistence/purge.ts';
import { SEAL_END, SNAPSHOT_HEADER } from '../../src/persistence/snapshot-format.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { Dice } from '../support/dice.ts';

const missing = await missingDebianPackage('zookeeper');
const FILES = 700;
/** All that Apache ZooKeeper looks at to tell whether a snapshot is whole. */
const WHOLE = Buffer.concat([SNAPSHOT_HEADER, SEAL_END]);
/** What others keep there, and what this server does. */
const OTHERS = [
  'highest-session-id',
  'unfinished-log.5',
  'unfinished-snapshot.5',
  'backup.1f',
  'currentEpoch',
];

/** Logs and snapshots of a long life: epochs too, so that names do not sort as their zxids do. */
async function makeFiles(folder: string, seed: number, dirs: { logs: string; snapshots: string }) {
  const dice = new Dice(seed);
  for (const dir of new Set(Object.values(dirs))) {
    await mkdir(join(folder, dir), { recursive: true });
    for (const name of OTHERS) await writeFile(join(folder, dir, name), '');
  }
  let zxid = 0n;
  for (let i = 0; i < FILES; i++) {
    zxid += BigInt(1 + dice.below(50_000));
    if (dice.chance(1)) zxid = ((zxid >> 32n) + 1n) << 32n;
    if (dice.chance(90)) await writeFile(join(folder, dirs.logs, `log.${zxid.toString(16)}`), '');
    if (i > 0 && dice.chance(40)) continue;
    // A snapshot is rarely named as a log is.
    const at = zxid + BigInt(dice.one([-1, 0, 7]));
    await writeFile(join(folder, dirs.snapshots, `snapshot.${at.toString(16)}`), WHOLE);
  }
}

async function listed(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

test('of thousands of files those are kept that Apache ZooKeeper’s purge keeps', {
  skip: missing ?? false,
}, async () => {
  for (const [seed, retain, snapshots] of [
    [1, 3, 'data'],
    [2, 10, 'data'],
    [3, 200, 'data'],
    [4, 3, 'snapshots'],
  ] as const) {
    await using ours = await temporaryFolder('purge');
    await using apaches = await temporaryFolder('purge');
    const dirs = { logs: 'data/version-2', snapshots: `${snapshots}/version-2` };
    await makeFiles(ours.path, seed, dirs);
    await makeFiles(apaches.path, seed, dirs);
    const before = await listed(ours.path);
    const folders = {
      logs: join(ours.path, dirs.logs),
      snapshots: join(ours.path, dirs.snapshots),
    };
    const removed = await purge(folders, retain, systemDisk);
    const kept = await listed(ours.path);
    const args = [join(apaches.path, 'data'), join(apaches.path, snapshots), '-n', String(retain)];
    const main = 'org.apache.zookeeper.server.PurgeTxnLog';
    await using java = startChild('java', ['-cp', '/usr/share/java/zookeeper.jar', main, ...args]);
    assert.equal(await java.exit, 0, java.output());
    assert.deepEqual(kept, await listed(apaches.path), `seed ${seed}`);
    assert.equal(removed.length, before.length - kept.length);
    assert.ok(removed.length > 300, `only ${removed.length} removed`);
    assert.equal(kept.filter((name) => name.includes('/snapshot.')).length, retain);
    for (const name of OTHERS) assert.ok(kept.includes(join(dirs.logs, name)), name);
    assert.deepEqual(await purge(folders, retain, systemDisk), [], 'once more changes nothing');
  }
});

test('files go in an order that leaves something whole at any time: snapshots first, oldest first', async () => {
  await using folder = await temporaryFolder('purge');
  const dirs = { logs: 'v', snapshots: 'v' };
  await makeFiles(folder.path, 5, dirs);
  const path = join(folder.path, 'v');
  const removed = await purge({ logs: path, snapshots: path }, 3, systemDisk);
  const [kinds, zxids] = [
    removed.map((file) => (file.includes('/snapshot.') ? 'snapshot' : 'log')),
    removed.map((file) => BigInt(`0x${file.slice(file.lastIndexOf('.') + 1)}`)),
  ];
  const firstLog = kinds.indexOf('log');
  assert.ok(firstLog > 0 && !kinds.slice(firstLog).includes('snapshot'));
  for (const part of [zxids.slice(0, firstLog), zxids.slice(firstLog)]) {
    assert.deepEqual(
      part,
      [...part].sort((a, b) => (a < b ? -1 : 1)),
    );
  }
});
