import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalOrder } from '../../src/sending/arrival-order.ts';

test('what is ready first waits for what came first, within a key', async () => {
  const order = new ArrivalOrder();
  const done: string[] = [];
  const gate = Promise.withResolvers<string>();
  const follow = (name: string, key: string, work: Promise<string>) =>
    order.after(key, work).then(
      () => done.push(name),
      () => done.push(`${name} failed`),
    );
  const all = [
    follow('a1', 'a', gate.promise),
    follow('a2', 'a', Promise.resolve('')),
    follow('b1', 'b', Promise.reject(new Error('no'))),
    follow('b2', 'b', Promise.resolve('')),
  ];
  await all[3];
  assert.deepEqual(done, ['b1 failed', 'b2']);
  gate.resolve('');
  await Promise.all(all);
  assert.deepEqual(done.slice(2), ['a1', 'a2']);
  assert.equal(order.size, 0);
});
