import { openDatabase } from '@mpim/service-kit';
import { temporaryFolder } from '@mpim/testkit';
import type { Kysely } from 'kysely';
import { type UserTables, userMigrations } from '../../src/schema.ts';

/** A real database in a folder of its own, gone at the end of the test. */
export interface UserDatabase extends AsyncDisposable {
  readonly db: Kysely<UserTables>;
  readonly folder: string;
}

/** Opens one with the service's schema. */
export async function userDatabase(): Promise<UserDatabase> {
  const folder = await temporaryFolder('mpim-user');
  const options = { dataDir: folder.path, name: 'user', migrations: userMigrations };
  const db = await openDatabase<UserTables>(options);
  return {
    db,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await folder[Symbol.asyncDispose]();
    },
  };
}
