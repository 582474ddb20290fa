import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startChild, temporaryFolder, waitFor } from '@mpim/testkit';
import { MessageStore } from '../../src/store/message-store.ts';
import type { StoredMessage } from '../../src/store/stored-message.ts';
import { openMessageDatabase } from '../support/store.ts';

const writer = fileURLToPath(new URL('../support/writer.ts', import.meta.url));

test('kill -9 at any moment loses no acknowledged message and leaves no gap', async () => {
  await using folder = await temporaryFolder();
  const acknowledged: StoredMessage[] = [];
  for (let round = 0; round < 5; round++) {
    const lines = await writeUntilKilled(folder.path, round, Math.floor(Math.random() * 150) + 1);
    acknowledged.push(...lines.map((line): StoredMessage => JSON.parse(line)));
    await verify(folder.path, acknowledged);
  }
});

async function writeUntilKilled(dataDir: string, round: number, acks: number): Promise<string[]> {
  await using child = startChild(process.execPath, [writer, dataDir, `round${round}`]);
  await waitFor(() => child.stdout.length >= acks || !child.running, { intervalMs: 1 });
  child.kill('SIGKILL');
  assert.equal(await child.exit, 'SIGKILL', child.output());
  return child.stdout;
}

async function verify(dataDir: string, acknowledged: readonly StoredMessage[]): Promise<void> {
  const db = await openMessageDatabase(dataDir);
  try {
    const store = new MessageStore(db);
    const stored = new Map<string, StoredMessage>();
    const { length: total } = await db.selectFrom('messages').select('seq').execute();
    const ids = await db.selectFrom('messages').select('conversation_id').distinct().execute();
    for (const { conversation_id: id } of ids) {
      const messages = await store.after(id, 0, total);
      const lastSeq = await store.lastSeq(id);
      assert.equal(messages.length, lastSeq);
      for (const [index, message] of messages.entries()) {
        assert.equal(message.seq, index + 1, `a gap in ${id}`);
        stored.set(`${message.sender} ${message.clientMsgId}`, message);
      }
    }
    assert.equal(stored.size, total, 'one row per client id');
    for (const message of acknowledged) {
      assert.deepEqual(stored.get(`${message.sender} ${message.clientMsgId}`), message);
    }
    const resent = acknowledged.slice(-200);
    for (const [index, outcome] of (await store.append(resent)).entries()) {
      assert.deepEqual(outcome, { kind: 'stored', message: resent[index], fresh: false });
    }
  } finally {
    await db.destroy();
  }
}
