import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceSet } from '../../src/discovery/instance-set.ts';
import { instanceRecord } from '../support/instance-record.ts';

test('lists are frozen, ordered, and the same objects until something changes', () => {
  const set = new InstanceSet();
  const one = instanceRecord('b');
  assert.equal(set.replace([one, instanceRecord('a')]), true);
  const all = set.all;
  const login = set.providing('Login');
  assert.deepEqual(
    login.map(({ id }) => id),
    ['a', 'b'],
  );
  assert.ok(Object.isFrozen(all) && Object.isFrozen(login));
  assert.equal(set.replace([instanceRecord('a'), instanceRecord('b')]), false);
  assert.equal(set.all, all);
  assert.equal(set.providing('Login'), login);
  assert.equal(set.replace([instanceRecord('a', { port: 7002 }), instanceRecord('b')]), true);
  assert.notEqual(set.providing('Login'), login);
  assert.equal(set.get('b'), one);
});

test('an older version without the method is not among those that provide it', () => {
  const set = new InstanceSet();
  set.replace([instanceRecord('new', { methods: ['Login', 'FindUsers'] }), instanceRecord('old')]);
  assert.deepEqual(
    set.providing('FindUsers').map(({ id }) => id),
    ['new'],
  );
  assert.deepEqual(set.providing('Nothing'), []);
});
