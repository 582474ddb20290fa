import type { Kysely } from 'kysely';
import { type AppendOutcome, appendAll } from './append.ts';
import { markAllRead, type ReadMark } from './read-positions.ts';
import type { MessageTables } from './schema.ts';
import { type Draft, fromRow, type StoredMessage } from './stored-message.ts';

/** A conversation's last message: its seq and its time (Unix ms). */
export interface Head {
  readonly conversationId: string;
  readonly lastSeq: number;
  readonly lastTime: number;
}

/** Conversation ids per query, well below every database's limit of parameters. */
const IDS_PER_QUERY = 1_000;

/** Conversations and their messages, on disk. Everything it returns is committed. */
export class MessageStore {
  readonly #db: Kysely<MessageTables>;
  readonly #now: () => number;

  /** `now` gives the server time of messages, Unix milliseconds. */
  constructor(db: Kysely<MessageTables>, now: () => number = Date.now) {
    this.#db = db;
    this.#now = now;
  }

  /** Stores drafts in one transaction; see {@link appendAll}. */
  append(drafts: readonly Draft[]): Promise<AppendOutcome[]> {
    return appendAll(this.#db, drafts, this.#now);
  }

  /** Moves read positions forward in one transaction; see {@link markAllRead}. */
  markRead(marks: readonly ReadMark[]): Promise<number[]> {
    return markAllRead(this.#db, marks);
  }

  /** What a sender has stored under a clientMsgId. */
  async find(sender: string, clientMsgId: string): Promise<StoredMessage | undefined> {
    const row = await this.#db
      .selectFrom('messages')
      .selectAll()
      .where('sender', '=', sender)
      .where('client_msg_id', '=', clientMsgId)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** The last seq of a conversation, 0 before its first message. */
  async lastSeq(conversationId: string): Promise<number> {
    const [head] = await this.heads([conversationId]);
    return head?.lastSeq ?? 0;
  }

  /** The heads of those conversations that have a message, in no particular order. */
  async heads(conversationIds: readonly string[]): Promise<Head[]> {
    const heads: Head[] = [];
    for (let start = 0; start < conversationIds.length; start += IDS_PER_QUERY) {
      const rows = await this.#db
        .selectFrom('conversation_heads')
        .selectAll()
        .where('conversation_id', 'in', conversationIds.slice(start, start + IDS_PER_QUERY))
        .execute();
      heads.push(...rows.map(toHead));
    }
    return heads;
  }

  /** The heads of every direct conversation of a user. */
  async directHeads(user: string): Promise<Head[]> {
    const rows = await this.#db
      .selectFrom('direct_members')
      .innerJoin(
        'conversation_heads',
        'conversation_heads.conversation_id',
        'direct_members.conversation_id',
      )
      .selectAll('conversation_heads')
      .where('direct_members.user_id', '=', user)
      .execute();
    return rows.map(toHead);
  }

  /** Conversation id → how far the user has read it; conversations never read are absent. */
  async readPositions(user: string): Promise<Map<string, number>> {
    const rows = await this.#db
      .selectFrom('read_positions')
      .select(['conversation_id', 'read_seq'])
      .where('user_id', '=', user)
      .execute();
    return new Map(rows.map((row) => [row.conversation_id, Number(row.read_seq)]));
  }

  /** The first `limit` messages with seq > `afterSeq`, ascending. */
  async after(conversationId: string, afterSeq: number, limit: number): Promise<StoredMessage[]> {
    const rows = await this.#db
      .selectFrom('messages')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '>', afterSeq)
      .orderBy('seq', 'asc')
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }

  /** The last `limit` messages with seq < `beforeSeq`, ascending. */
  async before(conversationId: string, beforeSeq: number, limit: number): Promise<StoredMessage[]> {
    const rows = await this.#db
      .selectFrom('messages')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '<', beforeSeq)
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute();
    return rows.map(fromRow).reverse();
  }
}

function toHead(row: { conversation_id: string; last_seq: number; last_time: number }): Head {
  return {
    conversationId: row.conversation_id,
    lastSeq: Number(row.last_seq),
    lastTime: Number(row.last_time),
  };
}
