import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '@mpim/testkit';
import { sql } from 'kysely';
import { type Migration, openDatabase, ServiceKitError } from '../../src/index.ts';
import { creates } from './creates-table.ts';

interface Tables {
  a: { id: number };
  b: { id: number };
}

test('migrations run once, in order, and later ones are added to an existing database', async () => {
  await using folder = await temporaryFolder();
  const open = (migrations: Migration[]) =>
    openDatabase<Tables>({ dataDir: folder.path, name: 'x', migrations });
  const first = await open([creates('a')]);
  await first.insertInto('a').values({ id: 1 }).execute();
  await first.destroy();
  const second = await open([creates('a'), creates('b')]);
  assert.equal((await second.selectFrom('a').selectAll().execute()).length, 1);
  assert.equal((await second.selectFrom('b').selectAll().execute()).length, 0);
  await second.destroy();
});

test('two processes opening at once both succeed and each step is applied once', async () => {
  await using folder = await temporaryFolder();
  const open = async () => {
    const worker = new Worker(new URL('./open-in-worker.ts', import.meta.url), {
      workerData: { dataDir: folder.path, tables: ['a', 'b', 'c', 'd'] },
    });
    const [applied] = await once(worker, 'message');
    await once(worker, 'exit');
    return applied;
  };
  const both = await Promise.all([open(), open()]);
  assert.deepEqual(both, [4, 4]);
});

test('a failing step is undone as a whole and named', async () => {
  await using folder = await temporaryFolder();
  const broken: Migration = {
    name: 'broken',
    up: async (db) => {
      await creates('b').up(db);
      await sql`insert into nowhere values (1)`.execute(db);
    },
  };
  const options = { dataDir: folder.path, name: 'x' };
  await assert.rejects(
    openDatabase({ ...options, migrations: [creates('a'), broken] }),
    (error) => error instanceof ServiceKitError && /broken.*nowhere/.test(error.message),
  );
  const db = await openDatabase<Tables>({ ...options, migrations: [creates('a'), creates('b')] });
  assert.equal((await db.selectFrom('b').selectAll().execute()).length, 0);
  await db.destroy();
});

test('a database of a newer program is refused', async () => {
  await using folder = await temporaryFolder();
  const options = { dataDir: folder.path, name: 'x' };
  await (await openDatabase({ ...options, migrations: [creates('a'), creates('b')] })).destroy();
  await assert.rejects(
    openDatabase({ ...options, migrations: [creates('a')] }),
    (error) => error instanceof ServiceKitError && error.code === 'MIGRATION_FAILED',
  );
});
