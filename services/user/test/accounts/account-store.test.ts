import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountStore } from '../../src/accounts/account-store.ts';
import { userDatabase } from '../support/database.ts';

test('a name belongs to the first who takes it, also of two at once', async () => {
  await using database = await userDatabase();
  const accounts = new AccountStore(database.db);
  const outcomes = await Promise.all([
    accounts.create('amy', 'one'),
    accounts.create('amy', 'two'),
  ]);
  assert.deepEqual(outcomes.sort(), [false, true]);
  assert.equal(await accounts.passwordHash('amy'), 'one');
  assert.equal(await accounts.passwordHash('nobody'), undefined);
});

test('existing users are found among many names, once each, whatever the names hold', async () => {
  await using database = await userDatabase();
  const accounts = new AccountStore(database.db);
  for (const user of ['amy', 'bob', 'cy']) await accounts.create(user, 'x');
  const many = Array.from({ length: 450 }, (_, index) => `nobody${index}`);
  const names = ['cy', ...many, 'bob', 'bob', "' or '1'='1", 'amy\0', ''];
  assert.deepEqual((await accounts.existing(names)).sort(), ['bob', 'cy']);
  assert.deepEqual(await accounts.existing([]), []);
});
