import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  findViolation,
  type HistoryCall,
  type ZnodeOp,
  znodeModel,
  znodeResult,
} from '@mpim/testkit';
import fc from 'fast-check';

const LOST = Number.POSITIVE_INFINITY;
const { done, version, get, error, number } = znodeResult;
const path = '/a';

/** A call from moment to moment. */
function call(
  called: number,
  returned: number,
  op: ZnodeOp,
  result?: string,
): HistoryCall<ZnodeOp> {
  return { client: `at ${called}`, op, result, called, returned };
}

const create = (data: string): ZnodeOp => ({ kind: 'create', path, data });
const set = (data: string, version = -1): ZnodeOp => ({ kind: 'set', path, data, version });
const read: ZnodeOp = { kind: 'get', path };

const good: Record<string, HistoryCall<ZnodeOp>[]> = {
  'calls one after the other': [
    call(0, 1, create('x'), done),
    call(2, 3, set('y', 0), version(1)),
    call(4, 5, read, get('y', 1)),
  ],
  'a read during a write sees the old or the new': [
    call(0, 1, create('x'), done),
    call(2, 9, set('y'), version(1)),
    call(3, 4, read, get('x', 0)),
    call(5, 6, read, get('y', 1)),
  ],
  'a lost write takes effect late': [
    call(0, 1, create('x'), done),
    call(2, LOST, set('y')),
    call(3, 4, read, get('x', 0)),
    call(5, 6, read, get('y', 1)),
  ],
  'a lost write takes effect never': [
    call(0, 1, create('x'), done),
    call(2, LOST, set('y')),
    call(3, 4, set('z'), version(1)),
  ],
  'a multi is all or nothing': [
    call(0, 1, create('x'), done),
    call(
      2,
      3,
      {
        kind: 'multi',
        parts: [
          { kind: 'create', path: '/b', data: 'b' },
          { kind: 'check', path, version: 7 },
        ],
      },
      error('BAD_VERSION', 1),
    ),
    call(4, 5, { kind: 'exists', path: '/b' }, znodeResult.absent),
  ],
  'sequential nodes get one number after the other': [
    call(0, 5, { kind: 'create-sequential', parent: '/q' }, number(1)),
    call(1, 4, { kind: 'create-sequential', parent: '/q' }, number(0)),
    call(2, LOST, { kind: 'create-sequential', parent: '/q' }),
    call(6, 7, { kind: 'count-sequential', parent: '/q' }, number(3)),
  ],
};

const bad: Record<string, HistoryCall<ZnodeOp>[]> = {
  'a stale read': [
    call(0, 1, create('x'), done),
    call(2, 3, set('y'), version(1)),
    call(4, 5, read, get('x', 0)),
  ],
  'a read that goes back during a write': [
    call(0, 1, create('x'), done),
    call(2, 9, set('y'), version(1)),
    call(3, 4, read, get('y', 1)),
    call(5, 6, read, get('x', 0)),
  ],
  'an acknowledged write that is gone': [
    call(0, 1, create('x'), done),
    call(2, 3, read, error('NO_NODE')),
  ],
  'two winners of one create': [call(0, 3, create('x'), done), call(1, 2, create('y'), done)],
  'two winners of one version': [
    call(0, 1, create('x'), done),
    call(2, 5, set('y', 0), version(1)),
    call(3, 4, set('z', 0), version(1)),
  ],
  'a lost write that takes effect before it was made': [
    call(0, 1, create('x'), done),
    call(2, 3, read, get('y', 1)),
    call(4, LOST, set('y')),
  ],
  'a lost write that is applied twice': [
    call(0, 1, create('x'), done),
    call(2, LOST, set('y')),
    call(3, 4, read, get('y', 2)),
  ],
  'half a multi': [
    call(0, LOST, {
      kind: 'multi',
      parts: [
        { kind: 'create', path, data: 'x' },
        { kind: 'create', path: '/b', data: 'b' },
      ],
    }),
    call(1, 2, { kind: 'exists', path }, version(0)),
    call(3, 4, { kind: 'exists', path: '/b' }, znodeResult.absent),
  ],
  'a sequence number given twice': [
    call(0, 3, { kind: 'create-sequential', parent: '/q' }, number(0)),
    call(1, 2, { kind: 'create-sequential', parent: '/q' }, number(0)),
  ],
};

describe('histories with an explanation', () => {
  for (const [name, calls] of Object.entries(good)) {
    test(name, () => assert.equal(findViolation(znodeModel, calls), null));
  }
});

describe('histories without one', () => {
  for (const [name, calls] of Object.entries(bad)) {
    test(name, () => assert.match(findViolation(znodeModel, calls)?.message ?? '', /no order/));
  }
});

test('a violation names the nodes and the calls', () => {
  const calls = [
    ...(bad['a stale read'] ?? []),
    call(6, 7, { kind: 'exists', path: '/b' }, 'absent'),
  ];
  const violation = findViolation(znodeModel, calls);
  assert.deepEqual(violation?.keys, ['/a']);
  assert.match(
    violation?.message ?? '',
    /does not fit behind it:\n {2}at 4 \[4-5\] .*"get".* -> "x" v0$/,
  );
});

/** The definition itself: tries every order of every choice of the lost calls. */
function hasOrder(calls: readonly HistoryCall<ZnodeOp>[], state = znodeModel.initial): boolean {
  if (calls.every((each) => each.result === undefined)) return true;
  const firstReturn = Math.min(...calls.map((each) => each.returned));
  return calls.some((each) => {
    if (each.called > firstReturn) return false;
    const [next, result] = znodeModel.apply(state, each.op);
    if (each.result !== undefined && each.result !== result) return false;
    return hasOrder(
      calls.filter((other) => other !== each),
      next,
    );
  });
}

test('it judges as trying every order does', () => {
  const op = fc.oneof(
    fc.record({
      kind: fc.constant('create' as const),
      path: fc.constant(path),
      data: fc.constantFrom('x', 'y'),
    }),
    fc.record({
      kind: fc.constant('set' as const),
      path: fc.constant(path),
      data: fc.constantFrom('x', 'y'),
      version: fc.constantFrom(-1, 0),
    }),
    fc.record({
      kind: fc.constant('delete' as const),
      path: fc.constant(path),
      version: fc.constantFrom(-1, 0),
    }),
    fc.constant(read),
  );
  const wrong = fc.constantFrom(done, version(1), get('x', 0), get('y', 1), error('NO_NODE'));
  const drawn = fc.record({
    op,
    called: fc.nat(10),
    length: fc.nat(6),
    /** When it takes effect, within its time. */
    effect: fc.nat(9),
    fate: fc.constantFrom('told', 'told', 'told', 'told', 'told', 'lost', 'lost', 'mistold'),
    wrong,
  });
  const seen = { good: 0, bad: 0 };
  fc.assert(
    fc.property(fc.array(drawn, { minLength: 2, maxLength: 6 }), (draws) => {
      let state = znodeModel.initial;
      const placed = draws.map((each, i) => {
        const called = each.called * 20 + i;
        const returned = called + each.length * 20 + 10;
        return { ...each, called, returned, at: called + ((returned - called) * each.effect) / 10 };
      });
      const calls = placed
        .sort((a, b) => a.at - b.at)
        .map((each) => {
          const [next, result] = znodeModel.apply(state, each.op);
          state = next;
          if (each.fate === 'lost') return call(each.called, LOST, each.op);
          return call(
            each.called,
            each.returned,
            each.op,
            each.fate === 'told' ? result : each.wrong,
          );
        });
      const expected = hasOrder(calls);
      seen[expected ? 'good' : 'bad']++;
      assert.equal(findViolation(znodeModel, calls) === null, expected);
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.good > 200 && seen.bad > 200, JSON.stringify(seen));
});
