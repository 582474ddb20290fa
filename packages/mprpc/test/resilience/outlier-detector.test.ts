import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  HostHealth,
  OUTLIER_DEFAULTS,
  OutlierDetector,
} from '../../src/resilience/outlier-detector.ts';
import { ManualClock } from '../support/manual-clock.ts';

function setup(count: number, options = {}) {
  const clock = new ManualClock();
  const detector = new OutlierDetector({ ...OUTLIER_DEFAULTS, ...options }, clock);
  const hosts = Array.from({ length: count }, () => new HostHealth());
  for (const host of hosts) host.group = hosts;
  const fail = (host: HostHealth, times = 5) => {
    for (let i = 0; i < times; i++) detector.answeredBadly(host);
  };
  return { clock, detector, hosts, fail, first: hosts[0] as HostHealth };
}

describe('OutlierDetector', () => {
  test('five bad answers in a row eject, a good one in between does not let it come to that', () => {
    const { detector, fail, first } = setup(3);
    fail(first, 4);
    detector.succeeded(first);
    fail(first, 4);
    assert.equal(first.ejected, false);
    fail(first, 1);
    assert.equal(first.ejected, true);
    assert.equal(detector.ejections, 1);
  });

  test('failed connections are counted apart from bad answers', () => {
    const { detector, fail, first } = setup(3);
    fail(first, 4);
    for (let i = 0; i < 4; i++) detector.connectionFailed(first);
    assert.equal(first.ejected, false);
    detector.connectionFailed(first);
    assert.equal(first.ejected, true);
  });

  test('at most a tenth is ejected, but one always may be', () => {
    const few = setup(3);
    for (const host of few.hosts) few.fail(host);
    assert.deepEqual(
      few.hosts.map((host) => host.ejected),
      [true, false, false],
    );
    const many = setup(40);
    for (const host of many.hosts) many.fail(host);
    assert.equal(many.hosts.filter((host) => host.ejected).length, 4);
  });

  test('an ejection lasts 30 s times the number of ejections, 300 s at most, until the next sweep', () => {
    const { clock, fail, first } = setup(2);
    for (const seconds of [30, 60, 90]) {
      fail(first);
      clock.advance(seconds * 1000 - 1);
      assert.equal(first.ejected, true);
      clock.advance(1);
      assert.equal(first.ejected, false, `after ${seconds} s`);
    }
    first.timesEjected = 50;
    fail(first);
    clock.advance(300_000);
    assert.equal(first.ejected, false);
  });

  test('each interval without an ejection forgets one; with none left no timer runs', () => {
    const { clock, fail, first } = setup(2);
    fail(first);
    clock.advance(30_000);
    fail(first);
    clock.advance(60_000);
    assert.equal(first.timesEjected, 2);
    clock.advance(20_000);
    assert.equal(first.timesEjected, 0);
    assert.equal(clock.timers, 0);
    fail(first);
    clock.advance(30_000);
    assert.equal(first.ejected, false);
  });

  test('a new process at the address starts afresh', () => {
    const { detector, fail, first } = setup(2);
    fail(first);
    const { version } = detector;
    detector.forget(first);
    assert.equal(first.avoided, false);
    assert.equal(detector.version, version + 1);
  });

  describe('by success rate', () => {
    /** So many answers of every host within one interval; never five bad ones in a row. */
    const answer = (
      of: ReturnType<typeof setup>,
      calls: number,
      bad: (index: number) => number,
    ) => {
      for (const [index, host] of of.hosts.entries()) {
        for (let i = 0; i < calls; i++) {
          if (i % 100 < bad(index)) of.detector.answeredBadly(host);
          else of.detector.succeeded(host);
        }
      }
      of.clock.advance(10_000);
      return of.hosts.flatMap((host, index) => (host.ejected ? [index] : []));
    };
    const rare = { consecutiveFailures: Infinity };

    test('who does much worse than the others is ejected at the next sweep, though it never fails in a row', () => {
      assert.deepEqual(
        answer(setup(10, rare), 200, (index) => (index === 3 ? 20 : 1)),
        [3],
      );
    });

    test('nobody is when all fail alike, few calls were made, or there are few instances', () => {
      assert.deepEqual(
        answer(setup(10, rare), 200, () => 50),
        [],
      );
      assert.deepEqual(
        answer(setup(10, rare), 99, (index) => (index === 3 ? 50 : 1)),
        [],
      );
      assert.deepEqual(
        answer(setup(4, rare), 200, (index) => (index === 3 ? 50 : 1)),
        [],
      );
      const never = { ...rare, successRateDeviations: Infinity };
      assert.deepEqual(
        answer(setup(10, never), 200, (index) => (index === 3 ? 50 : 1)),
        [],
      );
    });

    test('each interval counts for itself, and without answers no timer runs', () => {
      const ten = setup(10, rare);
      assert.deepEqual(
        answer(ten, 99, (index) => (index === 3 ? 50 : 1)),
        [],
      );
      assert.deepEqual(
        answer(ten, 99, (index) => (index === 3 ? 50 : 1)),
        [],
      );
      assert.equal(ten.clock.timers, 0);
      assert.deepEqual(
        answer(ten, 200, (index) => (index === 3 ? 50 : 1)),
        [3],
      );
      ten.clock.advance(40_000);
      assert.equal(ten.clock.timers, 0);
      answer(ten, 1, () => 0);
      ten.detector.succeeded(ten.first);
      ten.detector.stop();
      assert.equal(ten.clock.timers, 0);
    });
  });
});
