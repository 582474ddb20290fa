import type { Kysely } from 'kysely';
import type { MessageTables, ReadPositionRow } from './schema.ts';

/** Moves read positions forward; one that is already further stays where it is. */
export async function advanceReadPositions(
  db: Kysely<MessageTables>,
  positions: readonly ReadPositionRow[],
): Promise<void> {
  const furthest = new Map<string, ReadPositionRow>();
  for (const position of positions) {
    // Neither part of the key holds a space. One row per statement is what PostgreSQL allows, too.
    const key = `${position.user_id} ${position.conversation_id}`;
    const other = furthest.get(key);
    if (other === undefined || other.read_seq < position.read_seq) furthest.set(key, position);
  }
  const rows = [...furthest.values()].filter((row) => row.read_seq > 0);
  if (rows.length === 0) return;
  await db
    .insertInto('read_positions')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'conversation_id'])
        .doUpdateSet((eb) => ({ read_seq: eb.ref('excluded.read_seq') }))
        .where((eb) => eb('excluded.read_seq', '>', eb.ref('read_positions.read_seq'))),
    )
    .execute();
}

/** How far one user wants one conversation to count as read. */
export interface ReadMark {
  readonly user: string;
  readonly conversationId: string;
  readonly seq: number;
}

/**
 * Marks as read in one transaction: forward only and never past the last message. Result `n` is where mark `n`'s
 * user now stands, 0 for nothing read.
 */
export function markAllRead(
  db: Kysely<MessageTables>,
  marks: readonly ReadMark[],
): Promise<number[]> {
  return db.transaction().execute(async (trx) => {
    const heads = await trx
      .selectFrom('conversation_heads')
      .select(['conversation_id', 'last_seq'])
      .where('conversation_id', 'in', [...new Set(marks.map((mark) => mark.conversationId))])
      .execute();
    const lastSeq = new Map(heads.map((row) => [row.conversation_id, Number(row.last_seq)]));
    const wanted = marks.map((mark) => ({
      user_id: mark.user,
      conversation_id: mark.conversationId,
      read_seq: Math.min(mark.seq, lastSeq.get(mark.conversationId) ?? 0),
    }));
    await advanceReadPositions(trx, wanted);
    const results: number[] = [];
    for (const mark of marks) {
      const row = await trx
        .selectFrom('read_positions')
        .select('read_seq')
        .where('user_id', '=', mark.user)
        .where('conversation_id', '=', mark.conversationId)
        .executeTakeFirst();
      results.push(Number(row?.read_seq ?? 0));
    }
    return results;
  });
}
