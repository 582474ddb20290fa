import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TimerWheel, WheelEntry } from '../../src/time/timer-wheel.ts';
import { ManualClock } from '../support/manual-clock.ts';

class Entry extends WheelEntry {
  readonly deadline: number;
  readonly fired: number[] = [];
  readonly #clock: ManualClock;
  readonly #then: (() => void) | undefined;

  constructor(clock: ManualClock, deadline: number, then?: () => void) {
    super();
    this.#clock = clock;
    this.deadline = deadline;
    this.#then = then;
  }

  override onDeadline(): void {
    this.fired.push(this.#clock.monotonic());
    this.#then?.();
  }
}

describe('TimerWheel', () => {
  test('each entry fires once, never early, at most two ticks late; removed ones never', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ ms: fc.double({ min: 0, max: 30_000, noNaN: true }), remove: fc.boolean() }),
        ),
        (plan) => {
          const clock = new ManualClock();
          const wheel = new TimerWheel(clock);
          const entries = plan.map(({ ms, remove }) => {
            const entry = new Entry(clock, clock.monotonic() + ms);
            wheel.add(entry, entry.deadline);
            return { entry, remove };
          });
          for (const { entry, remove } of entries) if (remove) wheel.remove(entry);
          clock.advance(31_000);
          for (const { entry, remove } of entries) {
            assert.equal(entry.fired.length, remove ? 0 : 1);
            const late = (entry.fired[0] ?? entry.deadline) - entry.deadline;
            assert.ok(late >= 0 && late <= 16, `${late} ms late`);
          }
          assert.equal(wheel.size, 0);
          assert.equal(clock.timers, 0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a process that was stopped for longer than the wheel is round fires all that is due', () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const entries = [10, 500, 8192, 9000, 25_000].map((ms) => new Entry(clock, 1000 + ms));
    for (const entry of entries) wheel.add(entry, entry.deadline);
    clock.jump(20_000);
    assert.deepEqual(
      entries.map((entry) => entry.fired.length),
      [1, 1, 1, 1, 0],
    );
    clock.advance(6000);
    assert.equal(entries[4]?.fired.length, 1);
  });

  test('entries may take each other out and come back while they fire', () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const victim = new Entry(clock, 1020);
    const second = new Entry(clock, 1020, () => wheel.remove(victim));
    wheel.add(victim, victim.deadline);
    wheel.add(second, second.deadline);
    let rounds = 0;
    const again: Entry = new Entry(clock, 1020, () => {
      if (++rounds < 3) wheel.add(again, clock.monotonic() + 50);
    });
    wheel.add(again, again.deadline);
    clock.advance(1000);
    assert.equal(second.fired.length, 1);
    assert.equal(victim.fired.length, 0);
    assert.equal(again.fired.length, 3);
  });

  test('an empty wheel has no timer', () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    assert.equal(clock.timers, 0);
    const entry = new Entry(clock, 2000);
    wheel.add(entry, entry.deadline);
    wheel.remove(entry);
    clock.advance(100);
    assert.equal(clock.timers, 0);
  });
});
