import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BurstLog } from '../../src/push/burst-log.ts';

test('a burst is one line at its start and one sum later', () => {
  let now = 0;
  const lines: number[] = [];
  const log = new BurstLog(
    ({ count }) => lines.push(count),
    () => now,
  );
  for (let n = 0; n < 100; n++) log.note('gone');
  assert.deepEqual(lines, [1]);
  now = 30_000;
  log.note('gone', 3);
  assert.deepEqual(lines, [1, 102]);
});
