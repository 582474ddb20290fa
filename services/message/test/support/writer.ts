/**
 * A process that stores messages as fast as it can until it is killed, and prints one JSON line for each one that was
 * acknowledged. Arguments: data folder, name of the round.
 */
import { writeSync } from 'node:fs';
import { GroupCommit } from '../../src/sending/group-commit.ts';
import type { AppendOutcome } from '../../src/store/append.ts';
import { MessageStore } from '../../src/store/message-store.ts';
import type { Draft } from '../../src/store/stored-message.ts';
import { openMessageDatabase } from './store.ts';

const [dataDir = '', round = ''] = process.argv.slice(2);
const db = await openMessageDatabase(dataDir);
const store = new MessageStore(db);
const commits = new GroupCommit<Draft, AppendOutcome>({ commit: (drafts) => store.append(drafts) });

async function write(sender: string): Promise<void> {
  for (let n = 0; ; n++) {
    const conversationId = n % 2 === 0 ? 'group:g1' : `dm:${sender}:z`;
    const clientMsgId = `${round}-${n}`;
    const draft = { sender, clientMsgId, conversationId, text: `${round} ${n}` };
    const outcome = await commits.submit(draft);
    if (outcome.kind === 'conflict') throw new Error(`conflict on ${clientMsgId}`);
    writeSync(1, `${JSON.stringify(outcome.message)}\n`);
  }
}

await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(write));
