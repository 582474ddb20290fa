import { openDatabase } from '@mpim/service-kit';
import { temporaryFolder } from '@mpim/testkit';
import { randomGroupId } from '../../src/store/group-id.ts';
import { type GroupLimits, GroupStore } from '../../src/store/group-store.ts';
import { type GroupTables, groupMigrations } from '../../src/store/schema.ts';

/** A store on a file of its own, removed with it. */
export async function openStore(limits: Partial<GroupLimits> = {}) {
  const folder = await temporaryFolder();
  const options = { dataDir: folder.path, name: 'group', migrations: groupMigrations };
  const db = await openDatabase<GroupTables>(options);
  const store = new GroupStore({
    db,
    limits: { membersPerGroup: 500, groupsPerUser: 1_000, ...limits },
    now: () => 1_000,
    newGroupId: randomGroupId,
  });
  return {
    store,
    db,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await folder[Symbol.asyncDispose]();
    },
  };
}
