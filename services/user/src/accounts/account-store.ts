import type { Kysely } from 'kysely';
import type { UserTables } from '../schema.ts';

/** SQLite allows far more variables; this keeps one statement short. */
const NAMES_PER_QUERY = 200;

/** Accounts: handles and password hashes. */
export class AccountStore {
  readonly #db: Kysely<UserTables>;

  constructor(db: Kysely<UserTables>) {
    this.#db = db;
  }

  /** @returns false when the name is taken; nothing is changed then */
  async create(user: string, passwordHash: string): Promise<boolean> {
    const result = await this.#db
      .insertInto('users')
      .values({ user_id: user, password_hash: passwordHash, created_at: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  }

  /** The PHC string of a user; `undefined` when there is no such user. */
  async passwordHash(user: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('users')
      .select('password_hash')
      .where('user_id', '=', user)
      .executeTakeFirst();
    return row?.password_hash;
  }

  /** Those of `users` that exist, without repetition. */
  async existing(users: readonly string[]): Promise<string[]> {
    const wanted = [...new Set(users)];
    const found: string[] = [];
    for (let from = 0; from < wanted.length; from += NAMES_PER_QUERY) {
      const rows = await this.#db
        .selectFrom('users')
        .select('user_id')
        .where('user_id', 'in', wanted.slice(from, from + NAMES_PER_QUERY))
        .execute();
      for (const row of rows) found.push(row.user_id);
    }
    return found;
  }
}
