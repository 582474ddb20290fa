import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shrink } from '@mpim/testkit';

const numbers = Array.from({ length: 200 }, (_, i) => i);

/** Fails when all of these are there. */
function needing(...needed: number[]) {
  return async (items: readonly number[]) => needed.every((each) => items.includes(each));
}

test('what a failure does not need is left out', async () => {
  assert.deepEqual(await shrink(numbers, needing(3)), [3]);
  assert.deepEqual(await shrink(numbers, needing(0, 77, 199)), [0, 77, 199]);
  assert.deepEqual(await shrink([5], needing(5)), [5]);
});

test('when the attempts are used up, the shortest so far is given', async () => {
  let attempts = 0;
  const fails = async (items: readonly number[]): Promise<boolean> => {
    attempts++;
    return items.includes(3) && items.includes(150);
  };
  const found = await shrink(numbers, fails, 5);
  assert.equal(attempts, 5);
  assert.ok(found.length < numbers.length && found.includes(3) && found.includes(150));
});
