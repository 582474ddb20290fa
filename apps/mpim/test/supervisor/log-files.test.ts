import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { rotateLog, tailOfLog } from '../../src/supervisor/log-files.ts';

test('earlier logs move up by one, the oldest goes', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'user.log');
  rotateLog(log);
  for (let run = 1; run <= 7; run++) {
    writeFileSync(log, `run ${run}`);
    rotateLog(log);
    assert.equal(existsSync(log), false);
  }
  const kept = [1, 2, 3, 4, 5].map((age) => readFileSync(`${log}.${age}`, 'utf8'));
  assert.deepEqual(kept, ['run 7', 'run 6', 'run 5', 'run 4', 'run 3']);
  assert.equal(existsSync(`${log}.6`), false);
});

test('the tail is the last lines', async () => {
  await using folder = await temporaryFolder();
  const log = join(folder.path, 'user.log');
  assert.equal(tailOfLog(log), '');
  writeFileSync(log, Array.from({ length: 9_000 }, (_, index) => `line ${index}\n`).join(''));
  assert.equal(tailOfLog(log, 2), 'line 8998\nline 8999');
});
