import type { Kysely } from 'kysely';
import type { UserTables } from '../schema.ts';
import {
  hashSessionToken,
  isSessionToken,
  newSessionId,
  newSessionToken,
} from './session-token.ts';

/** How long a logged-out session is kept, so that repeating the logout finds it, ms. */
const REVOKED_KEPT_MS = 24 * 60 * 60 * 1_000;

/** A session as others may know it: no token, no hash. */
export interface Session {
  readonly sessionId: string;
  readonly user: string;
  /** Unix ms. */
  readonly expiresAt: number;
}

/** Sessions and the hashes of their tokens. */
export class SessionStore {
  readonly #db: Kysely<UserTables>;
  readonly #lifetimeMs: number;
  readonly #now: () => number;

  constructor(db: Kysely<UserTables>, options: { lifetimeMs: number; now?: () => number }) {
    this.#db = db;
    this.#lifetimeMs = options.lifetimeMs;
    this.#now = options.now ?? Date.now;
  }

  /** Opens a session; the token is given once and never again. */
  async open(user: string, device: string): Promise<Session & { readonly token: string }> {
    const token = newSessionToken();
    const session = { sessionId: newSessionId(), user, expiresAt: this.#now() + this.#lifetimeMs };
    await this.#db
      .insertInto('sessions')
      .values({
        session_id: session.sessionId,
        token_hash: hashSessionToken(token),
        user_id: user,
        device,
        created_at: this.#now(),
        expires_at: session.expiresAt,
        revoked_at: null,
      })
      .execute();
    return { ...session, token };
  }

  /** Whose token it is; `undefined` when unknown, expired or revoked. */
  async find(token: string): Promise<Session | undefined> {
    if (!isSessionToken(token)) return undefined;
    const row = await this.#db
      .selectFrom('sessions')
      .select(['session_id', 'user_id', 'expires_at'])
      .where('token_hash', '=', hashSessionToken(token))
      .where('expires_at', '>', this.#now())
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return row && { sessionId: row.session_id, user: row.user_id, expiresAt: row.expires_at };
  }

  /** Ends the session of a token, for good; ending it again is the same. `undefined` when nobody has it. */
  async revoke(token: string): Promise<Session | undefined> {
    if (!isSessionToken(token)) return undefined;
    const now = this.#now();
    const row = await this.#db
      .updateTable('sessions')
      .set(({ fn, val }) => ({ revoked_at: fn.coalesce('revoked_at', val(now)) }))
      .where('token_hash', '=', hashSessionToken(token))
      .returning(['session_id', 'user_id', 'expires_at'])
      .executeTakeFirst();
    return row && { sessionId: row.session_id, user: row.user_id, expiresAt: row.expires_at };
  }

  /** Removes what has expired or was revoked a day ago. @returns how many */
  async purge(): Promise<number> {
    const now = this.#now();
    const result = await this.#db
      .deleteFrom('sessions')
      .where(({ eb, or }) =>
        or([eb('expires_at', '<=', now), eb('revoked_at', '<=', now - REVOKED_KEPT_MS)]),
      )
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}
