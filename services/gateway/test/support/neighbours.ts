import { RpcError, RpcProvider } from '@mpim/mprpc';
import {
  type BindRouteRequest,
  GroupServiceRpcDefinition,
  type Message,
  MessageServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  type SendMessageRequest,
  UserServiceRpcDefinition,
} from '@mpim/protocol';

function unused(): never {
  throw new Error('nobody should call this');
}

/** The services behind a gateway, as small as its wire needs them, on one real RPC provider. */
export class Neighbours implements AsyncDisposable {
  readonly provider = new RpcProvider();
  /** User by token; the session of `token-x` is `session-x`. */
  readonly tokens = new Map<string, string>();
  readonly passwords = new Map<string, string>();
  readonly sends: SendMessageRequest[] = [];
  readonly binds: BindRouteRequest[] = [];
  readonly unbinds: BindRouteRequest[] = [];
  expiresAt = Date.now() + 3_600_000;
  /** Runs before a message is stored; a test may hold it or make it throw. */
  beforeSend: () => Promise<void> | void = () => {};
  /** Runs before a token is looked up. */
  beforeAuthenticate: () => Promise<void> | void = () => {};
  beforeBind: () => Promise<void> | void = () => {};
  port = 0;

  static async start(): Promise<Neighbours> {
    const neighbours = new Neighbours();
    neighbours.#announce();
    neighbours.port = (await neighbours.provider.run()).port;
    return neighbours;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider.close();
  }

  #announce(): void {
    this.provider.notifyService(UserServiceRpcDefinition, {
      register: ({ user, password }) => {
        if (this.passwords.has(user)) throw new RpcError('ALREADY_EXISTS', `${user} is taken`);
        this.passwords.set(user, password);
        return { user };
      },
      login: ({ user, password }) => {
        if (this.passwords.get(user) !== password) {
          throw new RpcError('UNAUTHENTICATED', 'wrong user or password');
        }
        this.tokens.set(`token-${user}`, user);
        const { expiresAt } = this;
        return { user, token: `token-${user}`, sessionId: `session-${user}`, expiresAt };
      },
      logout: ({ token }) => {
        this.tokens.delete(token);
        return {};
      },
      authenticate: async ({ token }) => {
        await this.beforeAuthenticate();
        const user = this.tokens.get(token);
        if (user === undefined) throw new RpcError('UNAUTHENTICATED', 'unknown session');
        return { user, sessionId: `session-${user}`, expiresAt: this.expiresAt };
      },
      findUsers: ({ users }) => ({ users }),
    });
    this.provider.notifyService(MessageServiceRpcDefinition, {
      sendMessage: async (request) => {
        await this.beforeSend();
        this.sends.push(request);
        const { conversationId } = request;
        return { conversationId, seq: this.sends.length, serverTime: 1_700_000_000_000 };
      },
      sync: () => ({ conversations: [] }),
      getHistory: ({ user, conversationId }) => {
        if (!conversationId.includes(user)) throw new RpcError('PERMISSION_DENIED', 'not yours');
        return { messages: [], lastSeq: 0 };
      },
      markRead: ({ seq }) => ({ readSeq: seq }),
      getHead: unused,
    });
    const group = { groupId: 'g1', name: 'One', owner: 'ann', createdAt: 1 };
    this.provider.notifyService(GroupServiceRpcDefinition, {
      createGroup: () => ({ group }),
      joinGroup: () => ({ group, joinedSeq: 7 }),
      leaveGroup: () => ({}),
      getMembers: ({ user }) => ({ members: [{ user, role: 'owner', joinedAt: 1 }], group }),
      listGroups: unused,
    });
    this.provider.notifyService(PresenceServiceRpcDefinition, {
      bindRoute: async (request) => {
        await this.beforeBind();
        this.binds.push(request);
        return {};
      },
      unbindRoute: (request) => {
        this.unbinds.push(request);
        return {};
      },
      queryRoutes: unused,
    });
  }
}

/** A message as a service would push it. */
export function message(text: string, seq = 1): Message {
  return {
    conversationId: 'dm:ann:bob',
    seq,
    sender: 'bob',
    clientMsgId: `id-${seq}`,
    serverTime: 1_700_000_000_000,
    content: { text },
  };
}
