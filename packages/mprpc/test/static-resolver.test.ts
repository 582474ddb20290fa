import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instance, StaticResolver } from '../src/index.ts';

test('StaticResolver: one list for all services, or one each; changes reach watchers', () => {
  const all = new StaticResolver([{ host: 'h', port: 1 }]);
  assert.equal(all.resolve('A')[0]?.id, 'h:1');
  assert.equal(all.resolve('A'), all.resolve('B'), 'the same array: nothing has changed');

  const each = new StaticResolver({ A: [{ host: 'h', port: 1, id: 'a', weight: 7 }] });
  assert.equal(each.resolve('A')[0]?.weight, 7);
  assert.deepEqual(each.resolve('B'), []);

  const seen: (readonly Instance[])[] = [];
  const stop = each.watch('A', (instances) => seen.push(instances));
  each.set('A', [{ host: 'h', port: 2 }]);
  assert.equal(each.resolve('A')[0]?.port, 2);
  stop();
  each.set('A', []);
  assert.deepEqual(
    seen.map((instances) => instances.map(({ port }) => port)),
    [[2]],
  );
});
