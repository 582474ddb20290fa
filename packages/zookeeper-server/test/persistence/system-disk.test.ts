import assert from 'node:assert/strict';
import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { Dice } from '../support/dice.ts';

test('writing a file once more changes nothing of it, whatever its length', async () => {
  await using folder = await temporaryFolder('rewrite');
  const path = join(folder.path, 'file');
  const dice = new Dice(1);
  for (const length of [0, 1, 4095, 1 << 20, (1 << 20) + 1, 3_000_000]) {
    const bytes = Buffer.from(Array.from({ length }, () => dice.below(256)));
    await writeFile(path, bytes);
    for (const part of [0, length >> 1, length, length + 100]) {
      await systemDisk.rewrite(path, part);
      assert.ok((await readFile(path)).equals(bytes), `${part} of ${length} bytes`);
    }
  }
  await assert.rejects(systemDisk.rewrite(join(folder.path, 'absent'), 1), { code: 'ENOENT' });
});

test('a write that is waited for is what one that is not would be', async () => {
  await using folder = await temporaryFolder('write-now');
  const path = join(folder.path, 'file');
  for (const durable of [true, false]) {
    const file = await systemDisk.create(path, { durable });
    file.writeNow?.(Buffer.from('behind'), 6);
    file.writeNow?.(Buffer.from('before'), 0);
    assert.equal(await readFile(path, 'utf8'), 'beforebehind');
    await file.close();
  }
  const closed = await systemDisk.create(path, { durable: true });
  await closed.close();
  assert.throws(() => closed.writeNow?.(Buffer.from('late'), 0), { code: 'EBADF' });
});

test('writing once more reaches the disk: what the system takes for written is written again', async (t) => {
  if (process.platform !== 'linux') {
    t.skip('only Linux counts the bytes that a process has written');
    return;
  }
  await using folder = await temporaryFolder('rewrite');
  const path = join(folder.path, 'file');
  const start = await writtenBytes();
  await writeFile(path, Buffer.alloc(1 << 20, 'x'));
  await truncate(path, 1_000_000);
  await systemDisk.sync(path);
  const before = await writtenBytes();
  if (before === start) {
    t.skip('this file system is in memory');
    return;
  }
  await systemDisk.sync(path);
  const synced = await writtenBytes();
  await systemDisk.rewrite(path, 1_000_000);
  const rewritten = await writtenBytes();
  assert.ok(synced - before < 1_000_000, 'a sync has nothing left to do');
  assert.ok(rewritten - synced >= 1_000_000, `only ${rewritten - synced} bytes`);
});

/** Bytes that this process has given the disk to write, or has made it give. */
async function writtenBytes(): Promise<number> {
  await using file = await open('/proc/self/io');
  const figures = await file.readFile('utf8');
  return Number(/^write_bytes: (\d+)$/m.exec(figures)?.[1]);
}
