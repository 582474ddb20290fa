import type { CallOptions } from '@mpim/mprpc';
import {
  type ClientEnvelope,
  type Group,
  groupConversationId,
  type ServerEnvelope,
} from '@mpim/protocol';
import type { Backends } from '../backends.ts';
import { failure } from '../failure.ts';

/** A request of the envelope. */
export type Request = NonNullable<ClientEnvelope['request']>;
/** What an envelope to the client carries. */
export type Body = NonNullable<ServerEnvelope['body']>;

/** Who asks, from the authenticated session and nothing else. */
export interface Caller {
  readonly user: string;
  readonly connectionId: string;
}

/** Turns an authenticated connection's requests into calls of services. Rejects with what the call rejects with. */
export class Dispatcher {
  readonly #backends: Backends;
  readonly #options: CallOptions;
  readonly #maxTextBytes: number;

  constructor(backends: Backends, callDeadlineMs: number, maxTextBytes: number) {
    this.#backends = backends;
    this.#options = { deadlineMs: callDeadlineMs };
    this.#maxTextBytes = maxTextBytes;
  }

  async dispatch(request: Request, { user, connectionId }: Caller): Promise<Body> {
    const { message, group } = this.#backends;
    const options = this.#options;
    switch (request.$case) {
      case 'send': {
        const { conversationId, clientMsgId, content } = request.value;
        const bytes = Buffer.byteLength(content?.text ?? '');
        if (bytes > this.#maxTextBytes) return tooLong(bytes, this.#maxTextBytes);
        const draft = { sender: user, conversationId, clientMsgId, content, connectionId };
        const stored = await message.sendMessage(draft, options);
        const { seq, serverTime } = stored;
        return { $case: 'sent', value: { conversationId, seq, clientMsgId, serverTime } };
      }
      case 'sync': {
        const { cursors } = request.value;
        const { conversations } = await message.sync({ user, cursors }, options);
        return { $case: 'synced', value: { conversations } };
      }
      case 'history': {
        const { conversationId } = request.value;
        const page = await message.getHistory({ ...request.value, user }, options);
        return { $case: 'historyPage', value: { conversationId, ...page } };
      }
      case 'markRead': {
        const { conversationId, seq } = request.value;
        const { readSeq } = await message.markRead({ user, conversationId, seq }, options);
        return { $case: 'readMarked', value: { conversationId, readSeq } };
      }
      case 'createGroup': {
        const { name, requestId } = request.value;
        const created = await group.createGroup({ user, name, requestId }, options);
        return joined(created.group, 0);
      }
      case 'joinGroup': {
        const { groupId } = request.value;
        const membership = await group.joinGroup({ user, groupId }, options);
        return joined(membership.group, membership.joinedSeq);
      }
      case 'leaveGroup': {
        const { groupId } = request.value;
        await group.leaveGroup({ user, groupId }, options);
        return { $case: 'groupLeft', value: { groupId } };
      }
      case 'listMembers': {
        const { groupId } = request.value;
        const { members } = await group.getMembers({ user, groupId }, options);
        return { $case: 'memberList', value: { groupId, members } };
      }
      case 'ping':
        return { $case: 'pong', value: { serverTime: Date.now() } };
      case 'hello':
        return {
          $case: 'failure',
          value: failure('FAILED_PRECONDITION', 'this connection has said hello already'),
        };
    }
  }
}

function joined(group: Group | undefined, joinedSeq: number): Body {
  if (group === undefined) throw new TypeError('the group service answered without a group');
  const conversationId = groupConversationId(group.groupId);
  return { $case: 'groupJoined', value: { group, conversationId, joinedSeq } };
}

function tooLong(bytes: number, most: number): Body {
  const message = `the text has ${bytes} bytes; at most ${most} are allowed`;
  return { $case: 'failure', value: failure('INVALID_ARGUMENT', message) };
}
