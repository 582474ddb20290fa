import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RouteTable } from '../../src/routes/route-table.ts';

test('a user on two gateways has two routes, in the order they were bound', () => {
  const table = new RouteTable();
  assert.equal(table.bind('gateway-1', 'alice'), true);
  assert.equal(table.bind('gateway-2', 'alice'), true);
  assert.equal(table.bind('gateway-1', 'alice'), false);
  assert.deepEqual(table.gatewaysOf('alice'), ['gateway-1', 'gateway-2']);
  assert.deepEqual([table.routes, table.users, table.gateways], [2, 1, 2]);
  assert.equal(table.unbind('gateway-1', 'alice'), true);
  assert.equal(table.unbind('gateway-1', 'alice'), false);
  assert.deepEqual(table.gatewaysOf('alice'), ['gateway-2']);
});

test('dropping a gateway leaves the routes of the others', () => {
  const table = new RouteTable();
  table.bind('gateway-1', 'alice');
  table.bind('gateway-2', 'alice');
  table.bind('gateway-1', 'bob');
  assert.equal(table.drop('gateway-1'), 2);
  assert.equal(table.drop('gateway-1'), 0);
  assert.deepEqual(table.gatewaysOf('alice'), ['gateway-2']);
  assert.deepEqual(table.gatewaysOf('bob'), []);
  assert.deepEqual([table.routes, table.users, table.gateways], [1, 1, 1]);
});

test('it agrees with a plain set of pairs, whatever is done', () => {
  const gateway = fc.constantFrom('g1', 'g2', 'g3');
  const user = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    fc.record({ verb: fc.constant('bind' as const), gateway, user }),
    fc.record({ verb: fc.constant('unbind' as const), gateway, user }),
    fc.record({ verb: fc.constant('drop' as const), gateway }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new RouteTable();
      let model: [string, string][] = [];
      for (const each of steps) {
        const matches = ([g, u]: [string, string]) =>
          g === each.gateway && (each.verb === 'drop' || u === each.user);
        const there = model.some(matches);
        if (each.verb === 'bind') {
          assert.equal(table.bind(each.gateway, each.user), !there);
          if (!there) model.push([each.gateway, each.user]);
          continue;
        }
        if (each.verb === 'unbind') assert.equal(table.unbind(each.gateway, each.user), there);
        else assert.equal(table.drop(each.gateway), model.filter(matches).length);
        model = model.filter((pair) => !matches(pair));
      }
      for (const name of ['a', 'b', 'c', 'd']) {
        const expected = model.filter(([, u]) => u === name).map(([g]) => g);
        assert.deepEqual(table.gatewaysOf(name), expected);
      }
      assert.equal(table.routes, model.length);
      assert.equal(table.users, new Set(model.map(([, u]) => u)).size);
      assert.equal(table.gateways, new Set(model.map(([g]) => g)).size);
    }),
  );
});
