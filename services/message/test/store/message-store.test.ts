import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { draft, openStore } from '../support/store.ts';

test('pages run in seq order from either side', async () => {
  await using opened = await openStore();
  const all = Array.from({ length: 10 }, (_, n) => draft('a', String(n), 'dm:a:b'));
  await opened.store.append(all);
  const seqs = (page: readonly { seq: number }[]) => page.map((message) => message.seq);
  assert.deepEqual(seqs(await opened.store.after('dm:a:b', 0, 3)), [1, 2, 3]);
  assert.deepEqual(seqs(await opened.store.after('dm:a:b', 8, 3)), [9, 10]);
  assert.deepEqual(seqs(await opened.store.before('dm:a:b', 11, 3)), [8, 9, 10]);
  assert.deepEqual(seqs(await opened.store.before('dm:a:b', 3, 3)), [1, 2]);
  assert.deepEqual(await opened.store.after('dm:x:y', 0, 3), []);
});

test('heads are found for more conversations than fit one query', async () => {
  await using opened = await openStore();
  const ids = Array.from({ length: 1_500 }, (_, n) => `group:g${n}`);
  for (let start = 0; start < ids.length; start += 500) {
    await opened.store.append(
      ids.slice(start, start + 500).map((id, n) => draft('a', `${start + n}`, id)),
    );
  }
  const heads = await opened.store.heads([...ids, 'group:none']);
  assert.equal(heads.length, 1_500);
  assert.deepEqual(await opened.store.heads([]), []);
});

test('a stored message is found under its client id, and only there', async () => {
  await using opened = await openStore();
  await opened.store.append([draft('a', 'Id', 'dm:a:b', 'text')]);
  assert.equal((await opened.store.find('a', 'Id'))?.text, 'text');
  assert.equal(await opened.store.find('a', 'id'), undefined);
  assert.equal(await opened.store.find('b', 'Id'), undefined);
});

test('the queries that grow with the data use an index', async () => {
  await using opened = await openStore();
  const plans = await Promise.all(
    [
      "select * from messages where (sender, client_msg_id) in (values ('a','1'),('b','2'))",
      "select * from messages where conversation_id = 'c' and seq > 5 order by seq limit 3",
      "select * from messages where conversation_id = 'c' and seq < 5 order by seq desc limit 3",
      "select * from direct_members where user_id = 'a'",
      "select * from read_positions where user_id = 'a'",
    ].map((text) => explain(opened.db, text)),
  );
  for (const plan of plans) {
    assert.match(plan, /SEARCH \w+ USING/);
    assert.doesNotMatch(plan, /SCAN (messages|direct_members|read_positions)|TEMP B-TREE/);
  }
});

async function explain(
  db: Awaited<ReturnType<typeof openStore>>['db'],
  text: string,
): Promise<string> {
  const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(text)}`.execute(db);
  return rows.map((row) => row.detail).join('\n');
}
