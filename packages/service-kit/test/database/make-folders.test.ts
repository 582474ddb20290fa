import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { makeFolders } from '../../src/database/make-folders.ts';

test('makes what is missing, with mode 0700, and leaves what is there', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a', 'b');
  makeFolders(path);
  makeFolders(path);
  assert.equal(statSync(join(folder.path, 'a')).mode & 0o777, 0o700);
});

test('refuses what cannot be a folder', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  assert.throws(() => makeFolders(file), { code: 'EEXIST' });
  assert.throws(() => makeFolders(join(file, 'below')));
  if (process.platform === 'linux') assert.throws(() => makeFolders('/proc/mpim/data'));
});
