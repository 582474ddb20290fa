import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CallTable, type Identified } from '../../src/transport/call-table.ts';

describe('CallTable', () => {
  test('agrees with a Map, whatever ids a peer gives out', () => {
    const id = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 0xffffffff }));
    const step = fc.record({ add: fc.boolean(), id }, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new CallTable<Identified>();
        const model = new Map<number, Identified>();
        for (const { add, id } of steps) {
          if (add) {
            const call = { id };
            assert.equal(table.add(call), !model.has(id));
            if (!model.has(id)) model.set(id, call);
          } else {
            assert.equal(table.take(id), model.get(id));
            model.delete(id);
          }
          assert.equal(table.size, model.size);
          assert.equal(table.has(id), model.has(id));
        }
        assert.deepEqual(new Set(table.takeAll()), new Set(model.values()));
        assert.equal(table.size, 0);
      }),
      { numRuns: 200 },
    );
  });

  test('gives out rising ids, skipping those of calls that stay', () => {
    const table = new CallTable<Identified>();
    const slow = { id: 0 };
    table.addNext(slow);
    assert.equal(slow.id, 1);
    let last = 1;
    for (let i = 0; i < 1000; i++) {
      const call = { id: 0 };
      table.addNext(call);
      assert.ok(call.id > last);
      last = call.id;
      assert.equal(table.take(call.id), call);
    }
    assert.equal(table.take(1), slow);
    assert.equal(table.take(1), undefined);
  });

  test('holds many at once', () => {
    const table = new CallTable<Identified>();
    const calls = Array.from({ length: 10_000 }, () => ({ id: 0 }));
    for (const call of calls) table.addNext(call);
    assert.equal(new Set(calls.map(({ id }) => id)).size, 10_000);
    const late = table.takeAll((id) => id > 9000);
    assert.equal(late.length, 1000);
    for (const call of calls.slice(0, 9000)) assert.equal(table.take(call.id), call);
    assert.equal(table.size, 0);
  });
});
