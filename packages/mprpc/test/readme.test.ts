import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('the example of the README runs and prints what it says', async () => {
  const folder = join(import.meta.dirname, '..');
  const blocks = readFileSync(join(folder, 'README.md'), 'utf8').split(/^```(?:ts)?$/m);
  const [, program, , output] = blocks;
  const args = ['--input-type=module-typescript', '--eval', program ?? ''];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  assert.equal(stdout.trim(), output?.trim());
});
