import { parseConversationId } from '@mpim/protocol';
import { type Kysely, sql, type Transaction } from 'kysely';
import { advanceReadPositions } from './read-positions.ts';
import type { HeadRow, MessageRow, MessageTables, ReadPositionRow } from './schema.ts';
import { type Draft, fromRow, isRepetition, type StoredMessage, toRow } from './stored-message.ts';

/**
 * What became of one draft:
 *
 * - `stored`: it is committed; `fresh` is false when an earlier send of it was (same seq, same time);
 * - `conflict`: its sender has used the same clientMsgId for `existing`, which is something else. Nothing was stored.
 */
export type AppendOutcome =
  | { kind: 'stored'; message: StoredMessage; fresh: boolean }
  | { kind: 'conflict'; existing: StoredMessage };

/**
 * Stores drafts in one transaction, in their order, and returns when it is committed: outcome `n` is draft `n`'s.
 * A draft that conflicts takes no seq and does not touch the others. A throw means that none was stored.
 */
export function appendAll(
  db: Kysely<MessageTables>,
  drafts: readonly Draft[],
  now: () => number,
): Promise<AppendOutcome[]> {
  return db.transaction().execute(async (trx) => {
    const known = await findKnown(trx, drafts);
    const heads = await findHeads(trx, drafts);
    const serverTime = now();
    const fresh: StoredMessage[] = [];
    const outcomes = drafts.map((draft): AppendOutcome => {
      const key = clientKey(draft.sender, draft.clientMsgId);
      const existing = known.get(key);
      if (existing !== undefined) {
        return isRepetition(draft, existing)
          ? { kind: 'stored', message: existing, fresh: false }
          : { kind: 'conflict', existing };
      }
      const seq = (heads.get(draft.conversationId) ?? 0) + 1;
      const message: StoredMessage = { ...draft, seq, serverTime };
      heads.set(draft.conversationId, seq);
      known.set(key, message);
      fresh.push(message);
      return { kind: 'stored', message, fresh: true };
    });
    if (fresh.length > 0) await insertFresh(trx, fresh);
    return outcomes;
  });
}

async function findKnown(
  trx: Transaction<MessageTables>,
  drafts: readonly Draft[],
): Promise<Map<string, StoredMessage>> {
  const keys = drafts.map((draft) => sql`(${draft.sender}, ${draft.clientMsgId})`);
  const { rows } = await sql<MessageRow>`
    select * from messages where (sender, client_msg_id) in (values ${sql.join(keys)})
  `.execute(trx);
  return new Map(rows.map((row) => [clientKey(row.sender, row.client_msg_id), fromRow(row)]));
}

async function findHeads(
  trx: Transaction<MessageTables>,
  drafts: readonly Draft[],
): Promise<Map<string, number>> {
  const ids = [...new Set(drafts.map((draft) => draft.conversationId))];
  const rows = await trx
    .selectFrom('conversation_heads')
    .select(['conversation_id', 'last_seq'])
    .where('conversation_id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.conversation_id, Number(row.last_seq)]));
}

async function insertFresh(
  trx: Transaction<MessageTables>,
  fresh: readonly StoredMessage[],
): Promise<void> {
  await trx.insertInto('messages').values(fresh.map(toRow)).execute();
  await trx
    .insertInto('conversation_heads')
    .values(headsOf(fresh))
    .onConflict((conflict) =>
      conflict.column('conversation_id').doUpdateSet((eb) => ({
        last_seq: eb.ref('excluded.last_seq'),
        last_time: eb.ref('excluded.last_time'),
      })),
    )
    .execute();
  const members = fresh.filter((message) => message.seq === 1).flatMap(directMembers);
  if (members.length > 0) {
    await trx
      .insertInto('direct_members')
      .values(members)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  // Who writes has read what is above.
  await advanceReadPositions(trx, fresh.map(senderPosition));
}

/** The highest seq of each conversation; `fresh` is in ascending order within each. */
function headsOf(fresh: readonly StoredMessage[]): HeadRow[] {
  const heads = new Map<string, HeadRow>();
  for (const { conversationId, seq, serverTime } of fresh) {
    heads.set(conversationId, {
      conversation_id: conversationId,
      last_seq: seq,
      last_time: serverTime,
    });
  }
  return [...heads.values()];
}

function directMembers(message: StoredMessage): { user_id: string; conversation_id: string }[] {
  const conversation = parseConversationId(message.conversationId);
  if (conversation?.kind !== 'direct') return [];
  return [...new Set(conversation.users)].map((user) => ({
    user_id: user,
    conversation_id: message.conversationId,
  }));
}

function senderPosition(message: StoredMessage): ReadPositionRow {
  return {
    user_id: message.sender,
    conversation_id: message.conversationId,
    read_seq: message.seq,
  };
}

/** A user's id holds no space. */
function clientKey(sender: string, clientMsgId: string): string {
  return `${sender} ${clientMsgId}`;
}
