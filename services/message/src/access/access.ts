import { RpcError } from '@mpim/mprpc';
import { parseConversationId } from '@mpim/protocol';
import type { Caller, GroupDirectory, UserDirectory } from './directories.ts';

/**
 * Who may see a conversation, as a push looks it up: a direct conversation's two users never change; a group's
 * members are read when they are needed, as `askAs`.
 */
export type Audience =
  | { kind: 'direct'; users: readonly string[] }
  | { kind: 'group'; groupId: string; askAs: string };

/** Decides who may write to and read a conversation. */
export class Access {
  readonly #users: UserDirectory;
  readonly #groups: GroupDirectory;

  constructor(users: UserDirectory, groups: GroupDirectory) {
    this.#users = users;
    this.#groups = groups;
  }

  /**
   * The audience of a message that `sender` writes now. PERMISSION_DENIED for anyone but a member, NOT_FOUND when the
   * other user or the group does not exist; what the directories throw passes through.
   */
  async toSend(sender: string, conversationId: string, caller?: Caller): Promise<Audience> {
    const audience = await this.toRead(sender, conversationId, caller);
    if (audience.kind === 'direct') {
      const peer = audience.users.find((user) => user !== sender);
      if (peer !== undefined && !(await this.#users.exists(peer, caller))) {
        throw new RpcError('NOT_FOUND', `user ${peer} does not exist`);
      }
    }
    return audience;
  }

  /** The audience of a conversation that `user` reads now. Errors as in {@link toSend}. */
  async toRead(user: string, conversationId: string, caller?: Caller): Promise<Audience> {
    const conversation = parseConversationId(conversationId);
    if (conversation?.kind === 'direct') {
      const users = [...new Set(conversation.users)];
      if (users.includes(user)) return { kind: 'direct', users };
    } else if (conversation?.kind === 'group') {
      const { groupId } = conversation;
      const { owner } = await this.#groups.roster(user, groupId, caller);
      // The owner is the last one to leave, so is still a member when others are.
      return { kind: 'group', groupId, askAs: owner === '' ? user : owner };
    }
    throw new RpcError('PERMISSION_DENIED', `${user} is not a member of ${conversationId}`);
  }

  /** Who is in the audience now. */
  async members(audience: Audience): Promise<readonly string[]> {
    if (audience.kind === 'direct') return audience.users;
    return (await this.#groups.roster(audience.askAs, audience.groupId)).users;
  }
}
