import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { sql } from 'kysely';
import { type Migration, openDatabase, ServiceKitError } from '../../src/index.ts';

interface Tables {
  note: { id: number; body: string; done: number };
}

const notes: Migration = {
  name: '0001-note',
  up: async (db) => {
    await sql`create table note (id integer primary key, body text not null, done integer not null)`.execute(
      db,
    );
  },
};

test('a database is durable at commit, checks foreign keys and belongs to its owner alone', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'new', 'data');
  const db = await openDatabase<Tables>({ dataDir, name: 'user', migrations: [notes] });
  try {
    const pragma = async (name: string) =>
      Object.values((await sql`pragma ${sql.raw(name)}`.execute(db)).rows[0] ?? {})[0];
    assert.equal(await pragma('journal_mode'), 'wal');
    assert.equal(await pragma('synchronous'), 2, 'FULL');
    assert.equal(await pragma('foreign_keys'), 1);
    assert.equal(await pragma('busy_timeout'), 5_000);
    await db.insertInto('note').values({ id: 1, body: 'x', done: 0 }).execute();
    for (const file of ['user.db', 'user.db-wal']) {
      assert.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600, file);
    }
    assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  } finally {
    await db.destroy();
  }
});

test('what is committed is there for the next opening', async () => {
  await using folder = await temporaryFolder();
  const options = { dataDir: folder.path, name: 'user', migrations: [notes] };
  const first = await openDatabase<Tables>(options);
  await first
    .insertInto('note')
    .values({ id: 2 ** 53 - 1, body: 'kept', done: 1 })
    .execute();
  await first.destroy();
  const second = await openDatabase<Tables>(options);
  assert.deepEqual(
    { ...(await second.selectFrom('note').selectAll().executeTakeFirst()) },
    {
      id: 2 ** 53 - 1,
      body: 'kept',
      done: 1,
    },
  );
  await second.destroy();
});

test('a file that is no database and a folder that is no folder are named with the remedy', async () => {
  await using folder = await temporaryFolder();
  await writeFile(
    join(folder.path, 'user.db'),
    'this is not a database at all, but long enough to look',
  );
  const refused = (code: string, pattern: RegExp) => (error: unknown) =>
    error instanceof ServiceKitError && error.code === code && pattern.test(error.message);
  await assert.rejects(
    openDatabase({ dataDir: folder.path, name: 'user', migrations: [] }),
    refused('DATABASE_OPEN', /user\.db.*not a database.*--data-dir/),
  );
  await assert.rejects(
    openDatabase({ dataDir: join(folder.path, 'user.db'), name: 'x', migrations: [] }),
    refused('DATABASE_OPEN', /data folder.*--data-dir/),
  );
});
