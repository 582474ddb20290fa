import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConcurrencyGate } from '../../src/resilience/concurrency-gate.ts';

class Call {
  isDone = false;
  readonly #onTurn: () => void;

  constructor(onTurn: () => void) {
    this.#onTurn = onTurn;
  }

  admitted(): void {
    this.#onTurn();
  }
}

describe('ConcurrencyGate', () => {
  test('admits so many, lets so many wait in order, turns the rest away', () => {
    const gate = new ConcurrencyGate({ maxInFlight: 2, maxQueued: 2 });
    const turns: number[] = [];
    const entries = [0, 1, 2, 3, 4].map((i) => gate.enter(new Call(() => turns.push(i))));
    assert.deepEqual(entries, ['admitted', 'admitted', 'queued', 'queued', 'full']);
    gate.leave();
    gate.leave();
    assert.deepEqual(turns, [2, 3]);
    assert.deepEqual([gate.inFlight, gate.queued], [2, 0]);
  });

  test('one that gave up is passed over and makes room at once', () => {
    const gate = new ConcurrencyGate({ maxInFlight: 1, maxQueued: 1 });
    const turns: string[] = [];
    gate.enter(new Call(() => {}));
    const gone = new Call(() => turns.push('gone'));
    gate.enter(gone);
    gone.isDone = true;
    gate.abandon();
    assert.equal(gate.enter(new Call(() => turns.push('next'))), 'queued');
    gate.leave();
    assert.deepEqual(turns, ['next']);
  });

  test('ten thousand that fail at once when their turn comes overflow no stack', () => {
    const gate = new ConcurrencyGate({ maxInFlight: 1, maxQueued: 10_000 });
    gate.enter(new Call(() => {}));
    let turns = 0;
    const failing = () => {
      turns++;
      gate.leave();
    };
    for (let i = 0; i < 10_000; i++) gate.enter(new Call(failing));
    gate.leave();
    assert.deepEqual([turns, gate.inFlight, gate.queued], [10_000, 0, 0]);
  });
});
