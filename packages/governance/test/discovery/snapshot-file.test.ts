import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@mpim/mprpc';
import { temporaryFolder } from '@mpim/testkit';
import { type Snapshot, SnapshotFile } from '../../src/discovery/snapshot-file.ts';
import { instanceRecord } from '../support/instance-record.ts';

const snapshot: Snapshot = {
  services: new Map([['UserServiceRpc', [instanceRecord('user-1')]]]),
  seed: new Map([['/OldServiceRpc/Login', '[::1]:6000']]),
};

function open(path: string, warnings: object[] = []): SnapshotFile {
  const logger = { info() {}, warn: (facts: object) => warnings.push(facts) };
  return new SnapshotFile(path, () => snapshot, systemClock, logger);
}

test('what is written is read again, and nothing else is left in the folder', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'deep', 'addresses.json');
  const file = open(path);
  file.schedule();
  await file.flush();
  assert.deepEqual(open(path).read(), snapshot);
  assert.deepEqual(await readdir(join(folder.path, 'deep')), ['addresses.json']);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('no file is an empty snapshot without a warning', async () => {
  await using folder = await temporaryFolder();
  const warnings: object[] = [];
  assert.equal(open(join(folder.path, 'none.json'), warnings).read().services.size, 0);
  assert.deepEqual(warnings, []);
});

test('a damaged or edited file is refused as a whole, with a warning', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'addresses.json');
  const file = open(path);
  file.schedule();
  await file.flush();
  const good = await readFile(path, 'utf8');
  const damaged = [
    good.slice(0, 40),
    'null',
    '{}',
    good.replace('"format":1', '"format":2'),
    good.replace('"127.0.0.1"', '"evil@host"'),
    good.replace('"service":"UserServiceRpc"', '"service":"GroupServiceRpc"'),
    good.replace('[::1]:6000', 'nowhere'),
    good.replace('/OldServiceRpc/Login', '/config/x/y'),
  ];
  for (const text of damaged) {
    await writeFile(path, text);
    const warnings: object[] = [];
    const read = open(path, warnings).read();
    assert.equal(read.services.size + read.seed.size, 0, text);
    assert.equal(warnings.length, 1, text);
  }
});

test('a folder that cannot be written is a warning, not a crash', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'plain'), '');
  const warnings: object[] = [];
  const file = open(join(folder.path, 'plain', 'addresses.json'), warnings);
  file.schedule();
  await file.flush();
  assert.equal(warnings.length, 1);
});
