import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../src/new-id.ts';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are version 4 UUIDs, also where a page has no randomUUID', () => {
  assert.match(newId(), UUID4);
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true });
  using stack = new DisposableStack();
  stack.defer(() => Reflect.deleteProperty(crypto, 'randomUUID'));
  const ids = Array.from({ length: 100 }, newId);
  for (const id of ids) assert.match(id, UUID4);
  assert.equal(new Set(ids).size, 100);
});
