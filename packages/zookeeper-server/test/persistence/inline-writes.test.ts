import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InlineWrites } from '../../src/persistence/inline-writes.ts';
import { Dice } from '../support/dice.ts';
import { ManualClock } from '../support/manual-clock.ts';

const PROOF_WRITES = 8;
const SMALL = { count: 1, length: 250 };

/** The policy on a clock that stands still. */
function subject() {
  const clock = new ManualClock();
  const writes = new InlineWrites(clock);
  const prove = (times = PROOF_WRITES): void => {
    for (let i = 0; i < times; i++) writes.wroteByThread(0.2, SMALL);
  };
  return { clock, writes, prove };
}

test('a disk must have been fast for a while, and without a break', () => {
  const { writes, prove } = subject();
  prove(PROOF_WRITES - 1);
  assert.equal(writes.suits(SMALL), false);
  writes.wroteByThread(1.1, SMALL);
  prove(PROOF_WRITES - 1);
  assert.equal(writes.suits(SMALL), false);
  prove(1);
  assert.equal(writes.suits(SMALL), true);
  writes.wroteByThread(3, SMALL);
  assert.equal(writes.suits(SMALL), false, 'whoever waited for the slow write');
});

test('a disk that always takes milliseconds is never waited for', () => {
  const { writes } = subject();
  for (let i = 0; i < 1000; i++) {
    writes.wroteByThread(4, SMALL);
    assert.equal(writes.suits(SMALL), false);
  }
});

test('only small batches are written inline, and none while there is more to do', () => {
  const { writes, prove } = subject();
  prove();
  assert.equal(writes.suits({ count: 8, length: 16 * 1024 }), true);
  for (const large of [
    { count: 9, length: 250 },
    { count: 1, length: 16 * 1024 + 1 },
  ]) {
    assert.equal(writes.suits(large), false);
    assert.equal(writes.suits(SMALL), true);
    writes.wroteByThread(0.2, large);
    prove(PROOF_WRITES - 1);
    assert.equal(writes.suits(SMALL), false);
    prove(1);
  }
});

test('an inline write that was only slow asks for proof again, and for no pause', () => {
  const { writes, prove } = subject();
  prove();
  assert.equal(writes.wroteInline(4.9), 0);
  assert.equal(writes.isPaused, false);
  assert.equal(writes.suits(SMALL), false);
  prove();
  assert.equal(writes.suits(SMALL), true);
  assert.deepEqual([writes.count, writes.stalls], [1, 0]);
});

test('a stall is followed by a pause a hundred times as long, and proof is asked for after it', async () => {
  const { clock, writes, prove } = subject();
  const pauses: number[] = [];
  for (const stallMs of [5.1, 10, 50, 2000, 6000, 60_000, 6]) {
    prove();
    assert.equal(writes.suits(SMALL), true);
    const pauseMs = writes.wroteInline(stallMs);
    pauses.push(pauseMs);
    await clock.advance(pauseMs - 1);
    prove(100);
    assert.deepEqual([writes.isPaused, writes.suits(SMALL)], [true, false], 'fast or not');
    await clock.advance(1);
    assert.deepEqual([writes.isPaused, writes.suits(SMALL)], [false, false]);
  }
  assert.deepEqual(
    pauses.map((ms) => ms / 1000),
    [1, 1, 5, 200, 600, 600, 1],
  );
  assert.equal(writes.stalls, 7);
});

test('whatever the disk does: inline only after enough fast writes in a row, and never in a pause', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const dice = new Dice(seed);
    const { clock, writes } = subject();
    // How often this disk is slow, or stalls.
    const [slow, stalling] = [dice.one([0, 1, 20, 90]), dice.one([0, 1, 10])];
    const start = clock.monotonic();
    let fastInRow = 0;
    let pausedUntil = 0;
    let stalls = 0;
    let stalledMs = 0;
    for (let i = 0; i < 2000; i++) {
      if (dice.chance(20)) await clock.advance(dice.between(0, dice.one([1, 500, 20_000])));
      const isInline = writes.suits(SMALL);
      if (isInline) {
        assert.ok(fastInRow >= PROOF_WRITES, `seed ${seed}: after ${fastInRow} fast writes`);
        assert.ok(clock.monotonic() >= pausedUntil, `seed ${seed}: in a pause`);
      }
      const isStall = dice.chance(stalling);
      if (isInline) assert.ok(stalledMs <= (clock.monotonic() - start) / 100, `seed ${seed}`);
      const ms = isStall ? dice.between(5.1, 5000) : dice.chance(slow) ? dice.between(1.1, 5) : 0.1;
      fastInRow = ms <= 1 ? fastInRow + 1 : 0;
      if (!isInline) writes.wroteByThread(ms, SMALL);
      else if (isStall) {
        stalls++;
        stalledMs += ms;
        pausedUntil = clock.monotonic() + writes.wroteInline(ms);
      } else assert.equal(writes.wroteInline(ms), 0);
    }
    assert.equal(writes.stalls, stalls);
  }
});
