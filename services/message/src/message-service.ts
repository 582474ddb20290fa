import {
  GroupServiceRpcDefinition,
  MessageServiceRpcDefinition,
  UserServiceRpcDefinition,
} from '@mpim/protocol';
import { defineService } from '@mpim/service-kit';
import { Access } from './access/access.ts';
import { RpcGroupDirectory } from './access/group-directory.ts';
import { RpcUserDirectory } from './access/user-directory.ts';
import { MessageHandlers } from './api/message-handlers.ts';
import { createMessageMetrics } from './metrics.ts';
import { BurstLog } from './push/burst-log.ts';
import { createPusher } from './push/create-pusher.ts';
import { GroupCommit } from './sending/group-commit.ts';
import { MessageSender } from './sending/sender.ts';
import { messageSettings } from './settings.ts';
import type { AppendOutcome } from './store/append.ts';
import { MessageStore } from './store/message-store.ts';
import type { ReadMark } from './store/read-positions.ts';
import { type MessageTables, messageMigrations } from './store/schema.ts';
import type { Draft } from './store/stored-message.ts';

/** How long a stopping service goes on pushing what is stored already. */
const PUSH_DRAIN_MS = 2_000;

/** The message service: conversations and their messages behind `MessageServiceRpc`. */
export const messageService = defineService({
  name: 'message',
  settings: messageSettings,
  async start(context) {
    const { settings, channel, logger } = context;
    const deadlineMs = settings.callDeadlineMs;
    const store = new MessageStore(
      await context.openDatabase<MessageTables>('message', messageMigrations),
    );
    const groups = new RpcGroupDirectory(channel.client(GroupServiceRpcDefinition), deadlineMs);
    const users = new RpcUserDirectory(channel.client(UserServiceRpcDefinition), deadlineMs);
    const access = new Access(users, groups);
    const metrics = createMessageMetrics(context.metrics, () => pusher.size);
    const pusher = createPusher({
      access,
      channel,
      resolver: context.discovery,
      metrics,
      logger,
      deadlineMs,
      capacity: settings.pushQueue,
    });
    const failures = new BurstLog(({ error, count }) =>
      logger.error({ err: error, count }, 'the database refuses writes: check its disk'),
    );
    const onFailure = (error: unknown) => failures.note(error);
    const commits = new GroupCommit<Draft, AppendOutcome>({
      commit: (drafts) => store.append(drafts),
      observe(size, seconds) {
        metrics.commitSize.observe(size);
        metrics.commitSeconds.observe(seconds);
      },
      onFailure,
    });
    const marks = new GroupCommit<ReadMark, number>({
      commit: (batch) => store.markRead(batch),
      onFailure,
    });
    const sender = new MessageSender({
      access,
      store,
      commits,
      pusher,
      maxTextBytes: settings.maxTextBytes,
      onOutcome: (outcome) => metrics.sends.inc({ outcome: describe(outcome) }),
    });
    context.provider.notifyService(
      MessageServiceRpcDefinition,
      new MessageHandlers({ access, groups, store, sender, marks }),
    );
    return {
      async drain() {
        await Promise.all([commits.close(), marks.close()]);
        await pusher.drain(PUSH_DRAIN_MS);
      },
    };
  },
});

function describe(outcome: AppendOutcome): 'stored' | 'repeated' | 'conflict' {
  if (outcome.kind === 'conflict') return 'conflict';
  return outcome.fresh ? 'stored' : 'repeated';
}
