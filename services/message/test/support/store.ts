import { openDatabase } from '@mpim/service-kit';
import { temporaryFolder } from '@mpim/testkit';
import { MessageStore } from '../../src/store/message-store.ts';
import { type MessageTables, messageMigrations } from '../../src/store/schema.ts';
import type { Draft } from '../../src/store/stored-message.ts';

/** Opens the message database in a folder. */
export function openMessageDatabase(dataDir: string) {
  return openDatabase<MessageTables>({ dataDir, name: 'message', migrations: messageMigrations });
}

/** A store on a file of its own, removed with it. */
export async function openStore(now = () => 1_000) {
  const folder = await temporaryFolder();
  const db = await openMessageDatabase(folder.path);
  return {
    store: new MessageStore(db, now),
    db,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A draft in few words. */
export function draft(
  sender: string,
  clientMsgId: string,
  conversationId: string,
  text = 'hi',
): Draft {
  return { sender, clientMsgId, conversationId, text };
}
