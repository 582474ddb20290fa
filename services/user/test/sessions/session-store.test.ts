import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { AccountStore } from '../../src/accounts/account-store.ts';
import { SessionStore } from '../../src/sessions/session-store.ts';
import { userDatabase } from '../support/database.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

async function withAmy() {
  const database = await userDatabase();
  await new AccountStore(database.db).create('amy', 'hash');
  return database;
}

test('a token finds its session until it is revoked; revoking twice names the same session', async () => {
  await using database = await withAmy();
  const sessions = new SessionStore(database.db, { lifetimeMs: DAY_MS });
  const one = await sessions.open('amy', 'phone');
  const two = await sessions.open('amy', 'web');
  assert.match(one.token, /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual(one.token, two.token);
  const { token, ...session } = one;
  assert.deepEqual(await sessions.find(token), session);
  assert.deepEqual(await sessions.revoke(token), session);
  assert.equal(await sessions.find(token), undefined);
  assert.deepEqual(await sessions.revoke(token), session);
  assert.equal((await sessions.find(two.token))?.sessionId, two.sessionId);
  for (const other of ['', 'x'.repeat(43), `${two.token} `, "' or '1'='1"]) {
    assert.equal(await sessions.find(other), undefined);
    assert.equal(await sessions.revoke(other), undefined);
  }
});

test('sessions expire, and are purged with those revoked a day ago', async () => {
  await using database = await withAmy();
  let now = 1_000_000;
  const sessions = new SessionStore(database.db, { lifetimeMs: 10 * DAY_MS, now: () => now });
  const revoked = await sessions.open('amy', 'phone');
  await sessions.revoke(revoked.token);
  const kept = await sessions.open('amy', 'phone');
  assert.equal(await sessions.purge(), 0);
  now += DAY_MS;
  assert.equal(await sessions.purge(), 1);
  assert.equal(await sessions.revoke(revoked.token), undefined);
  now = kept.expiresAt - 1;
  assert.ok(await sessions.find(kept.token));
  now = kept.expiresAt;
  assert.equal(await sessions.find(kept.token), undefined);
  assert.equal(await sessions.purge(), 1);
});

test('no file of the database holds a token', async () => {
  await using database = await withAmy();
  const sessions = new SessionStore(database.db, { lifetimeMs: DAY_MS });
  const { token } = await sessions.open('amy', 'phone');
  const files = await readdir(database.folder);
  assert.ok(files.includes('user.db-wal'));
  for (const file of files) {
    const content = await readFile(join(database.folder, file));
    assert.equal(content.indexOf(token), -1, file);
    assert.equal(content.indexOf(Buffer.from(token, 'base64url')), -1, file);
  }
});
