import { GroupServiceRpcDefinition, MessageServiceRpcDefinition } from '@mpim/protocol';
import { defineService } from '@mpim/service-kit';
import { GroupHandlers } from './group-handlers.ts';
import { createReadHead } from './read-head.ts';
import { groupSettings } from './settings.ts';
import { randomGroupId } from './store/group-id.ts';
import { GroupStore } from './store/group-store.ts';
import { type GroupTables, groupMigrations } from './store/schema.ts';

/** The group service: groups and their members behind `GroupServiceRpc`. */
export const groupService = defineService({
  name: 'group',
  settings: groupSettings,
  async start({ settings, channel, provider, openDatabase }) {
    const store = new GroupStore({
      db: await openDatabase<GroupTables>('group', groupMigrations),
      limits: { membersPerGroup: settings.maxMembers, groupsPerUser: settings.maxGroups },
      now: Date.now,
      newGroupId: randomGroupId,
    });
    const messages = channel.client(MessageServiceRpcDefinition);
    const handlers = new GroupHandlers(store, createReadHead(messages, settings.callDeadlineMs));
    provider.notifyService(GroupServiceRpcDefinition, handlers);
    return {};
  },
});
