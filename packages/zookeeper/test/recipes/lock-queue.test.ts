import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lockQueue } from '../../src/recipes/lock-queue.ts';

describe('lockQueue', () => {
  it('goes by the counter, whatever stands before it', () => {
    const names = [
      '_c_b-lock-0000000010',
      '_c_z-lock-0000000002',
      'lock-0000000003',
      'leases',
      'x-1',
    ];
    assert.deepEqual(lockQueue(names), [
      '_c_z-lock-0000000002',
      'lock-0000000003',
      '_c_b-lock-0000000010',
    ]);
  });

  it('goes on when the counter overflows', () => {
    const inOrder = ['lock-2147483646', 'lock-2147483647', 'lock--2147483648', 'lock--2147483647'];
    assert.deepEqual(lockQueue([...inOrder].reverse()), inOrder);
    assert.deepEqual(lockQueue(['lock-0000000000', 'lock--000000001']), [
      'lock--000000001',
      'lock-0000000000',
    ]);
  });
});
