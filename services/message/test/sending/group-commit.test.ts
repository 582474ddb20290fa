import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupCommit } from '../../src/sending/group-commit.ts';

/** Doubles numbers, records its batches, and refuses a batch that holds 13. */
function doubling(batches: number[][], maxBatch = 512, maxWaiting = 100) {
  return new GroupCommit<number, number>({
    maxBatch,
    maxWaiting,
    async commit(items) {
      batches.push([...items]);
      if (items.includes(13)) throw new Error('unlucky');
      return items.map((item) => item * 2);
    },
  });
}

test('what waits is committed together and in order', async () => {
  const batches: number[][] = [];
  const commits = doubling(batches, 4);
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => commits.submit(n)));
  assert.deepEqual(results, [2, 4, 6, 8, 10, 12]);
  assert.deepEqual(batches, [
    [1, 2, 3, 4],
    [5, 6],
  ]);
});

test('one bad item fails alone', async () => {
  const commits = doubling([]);
  const results = await Promise.allSettled([1, 13, 2].map((n) => commits.submit(n)));
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    [2, 'unlucky', 4],
  );
  assert.equal(await commits.submit(3), 6);
});

test('too many waiting items are refused, the taken ones are not', async () => {
  const commits = doubling([], 512, 2);
  const taken = [commits.submit(1), commits.submit(2)];
  await assert.rejects(commits.submit(3), { code: 'RESOURCE_EXHAUSTED' });
  assert.deepEqual(await Promise.all(taken), [2, 4]);
});

test('closing settles what was taken and takes nothing more', async () => {
  const commits = doubling([]);
  const taken = commits.submit(1);
  await commits.close();
  assert.equal(await taken, 2);
  await assert.rejects(commits.submit(2), { code: 'UNAVAILABLE' });
});
