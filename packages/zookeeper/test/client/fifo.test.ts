import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fifo } from '../../src/client/fifo.ts';

describe('Fifo', () => {
  it('does what an array does', () => {
    const step = fc.oneof(
      fc.nat({ max: 3000 }).map((count) => ({ push: count })),
      fc.nat({ max: 3000 }).map((count) => ({ shift: count })),
      fc.constant('takeAll' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const fifo = new Fifo<number>();
        const array: number[] = [];
        let next = 0;
        for (const action of steps) {
          if (action === 'takeAll') assert.deepEqual(fifo.takeAll(), array.splice(0));
          else if ('push' in action) {
            for (let i = 0; i < action.push; i++) {
              fifo.push(next);
              array.push(next++);
            }
          } else {
            for (let i = 0; i < action.shift; i++) assert.equal(fifo.shift(), array.shift());
          }
          assert.equal(fifo.length, array.length);
        }
      }),
      { numRuns: 50 },
    );
  });
});
