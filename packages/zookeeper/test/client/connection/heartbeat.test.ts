import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../../src/client/clock.ts';
import { Heartbeat } from '../../../src/client/connection/heartbeat.ts';

/** A clock that goes only when told: a stalled process cannot be had otherwise. */
class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  get pending(): number {
    return this.#timers.length;
  }

  setTimeout(callback: () => void, delayMs: number) {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      },
    };
  }

  /** Lets time pass, timers firing when they are due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#now = Math.max(this.#now, due.at);
      this.#fire(due);
    }
    this.#now = end;
  }

  /** Lets time pass at once, as for a process that was stopped; then one timer fires, late. */
  stall(ms: number): void {
    this.#now += ms;
    const due = this.#timers.find(({ at }) => at <= this.#now);
    if (due !== undefined) this.#fire(due);
  }

  #fire(timer: { at: number; callback: () => void }): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
    timer.callback();
  }
}

function start(sessionTimeoutMs: number) {
  const clock = new ManualClock();
  const pings: number[] = [];
  const deaths: number[] = [];
  const heartbeat = new Heartbeat(clock, sessionTimeoutMs, {
    ping: () => pings.push(clock.monotonic()),
    dead: () => deaths.push(clock.monotonic()),
  });
  return { clock, heartbeat, pings, deaths };
}

describe('Heartbeat', () => {
  it('pings after a third of the session timeout without a packet sent', () => {
    const { clock, heartbeat, pings, deaths } = start(3000);
    for (let second = 0; second < 9; second++) {
      clock.advance(500);
      heartbeat.heard();
      clock.advance(500);
    }
    assert.deepEqual(pings, [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]);
    heartbeat.sent();
    clock.advance(999);
    assert.equal(pings.length, 9);
    assert.deepEqual(deaths, []);
    heartbeat.stop();
    assert.equal(clock.pending, 0);
  });

  it('gives up after two thirds in silence, however busily it sends', () => {
    const { clock, heartbeat, deaths } = start(3000);
    for (let i = 0; i < 25; i++) {
      clock.advance(100);
      heartbeat.sent();
    }
    assert.equal(deaths.length, 1);
    assert.ok((deaths[0] ?? 0) >= 2000 && (deaths[0] ?? 0) <= 2010);
    assert.equal(clock.pending, 0);
  });

  it('looks again after a stall, when what waited in the socket was read', () => {
    const { clock, heartbeat, deaths } = start(3000);
    clock.stall(60_000);
    assert.deepEqual(deaths, []);
    heartbeat.heard();
    clock.advance(1500);
    assert.deepEqual(deaths, []);
    clock.advance(1500);
    assert.equal(deaths.length, 1);
  });
});
