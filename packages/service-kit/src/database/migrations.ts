import type { Kysely } from 'kysely';

/**
 * One step of a schema. The list only ever grows at its end: a name that has been applied somewhere is never
 * changed, removed or moved.
 */
export interface Migration {
  /** Unique in its list, e.g. `0001-users`. */
  readonly name: string;
  /** Runs inside a transaction of its own; throwing undoes it. */
  up(db: Kysely<unknown>): Promise<void>;
}
