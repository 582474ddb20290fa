import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { NodeSqliteDialect } from '../../src/index.ts';

interface Tables {
  item: { id: number; name: string | null; flag: number; data: Uint8Array | null };
}

async function openItems(): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({
    dialect: new NodeSqliteDialect(() => new DatabaseSync(':memory:')),
  });
  await sql`create table item (id integer primary key, name text, flag integer not null, data blob)`.execute(
    db,
  );
  return db;
}

test('values keep their types: numbers, texts, nulls, blobs; counts and returned rows are given', async () => {
  const db = await openItems();
  const values = { id: 7, name: null, flag: 1, data: new Uint8Array([0, 255]) };
  const inserted = await db.insertInto('item').values(values).executeTakeFirstOrThrow();
  assert.equal(inserted.insertId, 7n);
  assert.deepEqual({ ...(await db.selectFrom('item').selectAll().executeTakeFirst()) }, values);
  const updated = await db
    .updateTable('item')
    .set({ name: 'n' })
    .where('id', '=', 7)
    .executeTakeFirst();
  assert.equal(updated.numUpdatedRows, 1n);
  const returned = await db.deleteFrom('item').where('id', '=', 7).returning('name').execute();
  assert.deepEqual(
    returned.map((row) => row.name),
    ['n'],
  );
  const { rows } = await sql<{ yes: number }>`select ${true} as yes`.execute(db);
  assert.equal(rows[0]?.yes, 1);
  await db.destroy();
});

test('concurrent transactions do not interleave, and a failed one leaves nothing', async () => {
  const db = await openItems();
  const add = (id: number, fail: boolean) =>
    db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('item')
        .values({ id, name: null, flag: 0, data: null })
        .execute();
      await new Promise((resolve) => setImmediate(resolve));
      if (fail) throw new Error('changed my mind');
    });
  const outcomes = await Promise.allSettled([add(1, false), add(2, true), add(3, false)]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  const ids = await db.selectFrom('item').select('id').orderBy('id').execute();
  assert.deepEqual(
    ids.map((row) => row.id),
    [1, 3],
  );
  await db.destroy();
});

test('savepoints undo a part of a transaction', async () => {
  const db = await openItems();
  const transaction = await db.startTransaction().execute();
  await transaction.insertInto('item').values({ id: 1, name: null, flag: 0, data: null }).execute();
  const inner = await transaction.savepoint('part').execute();
  await inner.insertInto('item').values({ id: 2, name: null, flag: 0, data: null }).execute();
  await inner.rollbackToSavepoint('part').execute();
  await transaction.commit().execute();
  assert.equal((await db.selectFrom('item').selectAll().execute()).length, 1);
  await db.destroy();
});

test('an integer that JavaScript cannot hold exactly is an error, not a wrong number', async () => {
  const db = await openItems();
  await assert.rejects(sql`select ${2n ** 60n} as big`.execute(db), /too large|out of range/i);
  await db.destroy();
});
