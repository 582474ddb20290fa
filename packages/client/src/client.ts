import {
  directConversationId,
  groupConversationId,
  type Member,
  type Message,
  parseConversationId,
  type Sent,
} from '@mpim/protocol';
import { Connection } from './connection.ts';
import { ConversationList } from './conversations.ts';
import { Emitter } from './emitter.ts';
import { MpimError } from './errors.ts';
import { login, logout, register, webSocketAddress } from './http.ts';
import { newId } from './new-id.ts';
import { Outbox, type PendingMessage } from './outbox.ts';
import { Synchroniser } from './synchroniser.ts';
import {
  type CloseReason,
  type ConnectionState,
  type ConversationSummary,
  type Credentials,
  type JoinedGroup,
  type MpimClientEvents,
  type MpimClientOptions,
  type Session,
  timingOf,
} from './types.ts';

/**
 * One user's connection to MPIM, from Node or a browser. It stays connected by itself, delivers every
 * message exactly once and in order per conversation, and sends in order.
 *
 * ```ts
 * const session = await MpimClient.login({ gateway, user: 'alice', password, device: 'bot' });
 * const client = new MpimClient({ gateway, token: session.token });
 * client.on('message', ({ sender, content }) => console.log(sender, content?.text));
 * await client.start();
 * await client.send(client.directConversation('bob'), 'hello');
 * ```
 */
export class MpimClient extends Emitter<MpimClientEvents> {
  readonly #gateway: string;
  readonly #credentials: Credentials | undefined;
  readonly #connection: Connection;
  readonly #synchroniser: Synchroniser;
  readonly #outbox: Outbox;
  readonly #conversations: ConversationList;
  /** clientMsgIds of this client that have not come out of their timeline yet. */
  readonly #own = new Set<string>();
  #token: string | undefined;
  #user = '';
  #maxTextBytes = 0;
  #started: Promise<void> | undefined;

  constructor(options: MpimClientOptions) {
    super();
    const timing = timingOf(options);
    this.#gateway = options.gateway;
    this.#credentials = options.credentials;
    this.#token = options.token;
    this.#conversations = new ConversationList(() =>
      this.emit('conversations', this.conversations),
    );
    this.#outbox = new Outbox(
      {
        transmit: ({ conversationId, clientMsgId, text }) =>
          this.#connection.attempt('send', { conversationId, clientMsgId, content: { text } }),
        acknowledged: (message, sent) => this.#acknowledged(message, sent),
      },
      timing.random,
    );
    this.#synchroniser = new Synchroniser(
      {
        attempt: (kind, value) => this.#connection.attempt(kind, value),
        deliver: (message) => this.#deliver(message),
        listed: ({ conversationId, name, lastSeq, readSeq }) =>
          this.#conversations.update(conversationId, this.#user, { name, lastSeq, readSeq }),
        gone: (conversationId) => this.#conversations.remove(conversationId),
        report: (error) => this.emit('error', error),
      },
      timing,
    );
    this.#connection = new Connection(webSocketAddress(options.gateway), timing, {
      token: () => this.#obtainToken(),
      synchronise: async ({ user, maxTextBytes }, ended) => {
        this.#user = user;
        this.#maxTextBytes = maxTextBytes;
        await this.#synchroniser.synchronise(ended);
      },
      pushed: (push) => {
        if (push.$case === 'resync') this.#synchroniser.requestSync(0);
        if (push.$case !== 'delivery' || push.value.message === undefined) return;
        this.#synchroniser.accept(push.value.message);
      },
      changed: (state) => this.#stateChanged(state),
    });
  }

  /**
   * Creates an account.
   * @throws MpimError `ALREADY_EXISTS`, `INVALID_ARGUMENT`, or `UNAVAILABLE` when the gateway cannot be reached.
   */
  static register(account: { gateway: string; user: string; password: string }): Promise<void> {
    return register(account.gateway, account);
  }

  /** Opens a session. @throws MpimError `UNAUTHENTICATED` for an unknown user and a wrong password alike. */
  static login(credentials: Credentials & { gateway: string }): Promise<Session> {
    return login(credentials.gateway, credentials);
  }

  /** Where the connection stands. */
  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** The user this client speaks for; empty until the first connection. */
  get user(): string {
    return this.#user;
  }

  /** The session token: given, or obtained by the first login. Secret. */
  get token(): string | undefined {
    return this.#token;
  }

  /** The user's conversations, newest activity first; the same array until the next `conversations` event. */
  get conversations(): readonly ConversationSummary[] {
    return this.#conversations.list;
  }

  /** Messages given to `send` and not acknowledged yet. */
  get pending(): readonly PendingMessage[] {
    return this.#outbox.pending;
  }

  /**
   * Connects. Resolves when the first sync is done and everything unread has been delivered; keeps
   * trying while the gateway cannot be reached.
   * @throws MpimError when the login or the token is refused, or the client is closed first.
   */
  start(): Promise<void> {
    this.#started ??= new Promise((resolve, reject) => {
      const stop = this.on('state', (state) => {
        if (state.kind === 'online') resolve();
        else if (state.kind === 'closed') reject(state.error);
        else return;
        stop();
      });
      if (this.state.kind === 'closed') {
        stop();
        reject(this.state.error);
      } else {
        void this.#connection.run();
      }
    });
    return this.#started;
  }

  /**
   * Sends a text. Resolves with the stored message when it is durable; waits for as long as the
   * gateway cannot be reached. Messages of one conversation arrive in the order of the calls.
   *
   * `clientMsgId` (default: a random UUID) makes repeating safe: the same id is stored once.
   * @throws MpimError with the server's refusal (e.g. `NOT_FOUND`, `PERMISSION_DENIED`), or `CLOSED`.
   */
  send(
    conversationId: string,
    text: string,
    options: { readonly clientMsgId?: string } = {},
  ): Promise<Message> {
    if (this.state.kind === 'closed') return Promise.reject(this.state.error);
    if (parseConversationId(conversationId) === undefined) {
      return refuse(`"${conversationId}" is not a conversation id (dm:<a>:<b> or group:<id>)`);
    }
    const bytes = new TextEncoder().encode(text).length;
    if (bytes === 0) return refuse('a message needs some text');
    if (this.#maxTextBytes > 0 && bytes > this.#maxTextBytes) {
      return refuse(`the text has ${bytes} bytes; at most ${this.#maxTextBytes} are allowed`);
    }
    const clientMsgId = options.clientMsgId ?? newId();
    this.#own.add(clientMsgId);
    const stored = this.#outbox.send({ conversationId, clientMsgId, text });
    stored.catch(() => this.#own.delete(clientMsgId));
    return stored;
  }

  /** The id of the direct conversation with `user`. */
  directConversation(user: string): string {
    if (this.#user === '') throw new MpimError('FAILED_PRECONDITION', 'not connected yet');
    return directConversationId(this.#user, user.toLowerCase());
  }

  /** Creates a group with this user in it. */
  async createGroup(name: string): Promise<JoinedGroup> {
    const requestId = newId();
    return this.#joined(await this.#connection.call('createGroup', { name, requestId }));
  }

  /** Joins a group; joining twice is the same as once. @throws MpimError `NOT_FOUND`. */
  async joinGroup(groupId: string): Promise<JoinedGroup> {
    return this.#joined(await this.#connection.call('joinGroup', { groupId }));
  }

  /** Leaves a group. @throws MpimError `FAILED_PRECONDITION` for an owner who is not alone. */
  async leaveGroup(groupId: string): Promise<void> {
    await this.#connection.call('leaveGroup', { groupId });
    const conversationId = groupConversationId(groupId);
    this.#synchroniser.leave(conversationId);
    this.#conversations.remove(conversationId);
  }

  /** The members of a group. @throws MpimError `PERMISSION_DENIED` unless this user is one. */
  async members(groupId: string): Promise<Member[]> {
    return (await this.#connection.call('listMembers', { groupId })).members;
  }

  /**
   * A page of stored messages, ascending: the newest `limit` (default 50) with seq < `before`, or the
   * newest of all. Does not touch events or unread counts.
   */
  async history(
    conversationId: string,
    options: { readonly before?: number; readonly limit?: number } = {},
  ): Promise<Message[]> {
    const page = await this.#connection.call('history', {
      conversationId,
      afterSeq: 0,
      beforeSeq: options.before ?? 0,
      limit: options.limit ?? 50,
    });
    return page.messages;
  }

  /** Marks everything up to `seq` as read, on all devices. */
  async markRead(conversationId: string, seq: number): Promise<void> {
    const known = this.#conversations.get(conversationId);
    if (known !== undefined && known.readSeq >= seq) return;
    const { readSeq } = await this.#connection.call('markRead', { conversationId, seq });
    this.#conversations.update(conversationId, this.#user, { readSeq });
  }

  /** Ends a wait between two connection attempts, e.g. on the browser's `online` event. */
  reconnectNow(): void {
    this.#connection.reconnectNow();
  }

  /**
   * Closes, and ends the session on the server.
   * @throws MpimError when the server cannot be told; the client is closed all the same, but the token still works.
   */
  async logout(): Promise<void> {
    // Closed first: the gateway's goodbye to the ended session is not news.
    this.#close('logged-out');
    if (this.#token !== undefined) await logout(this.#gateway, this.#token);
  }

  /** Disconnects for good. The session lives on; what is still unsent fails with `CLOSED`. */
  async close(): Promise<void> {
    this.#close('closed');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #close(reason: CloseReason): void {
    this.#connection.close(reason);
  }

  async #obtainToken(): Promise<string> {
    if (this.#token === undefined && this.#credentials !== undefined) {
      this.#token = (await login(this.#gateway, this.#credentials)).token;
    }
    return this.#token ?? '';
  }

  #stateChanged(state: ConnectionState): void {
    if (state.kind === 'closed') this.#outbox.close(state.error);
    else if (state.kind === 'online') this.#outbox.resume();
    else this.#outbox.suspend();
    this.emit('state', state);
  }

  #acknowledged(pending: PendingMessage, sent: Sent): Message {
    const message: Message = {
      conversationId: pending.conversationId,
      seq: sent.seq,
      sender: this.#user,
      clientMsgId: pending.clientMsgId,
      serverTime: sent.serverTime,
      content: { text: pending.text },
    };
    this.#synchroniser.accept(message);
    return message;
  }

  #deliver(message: Message): void {
    const { conversationId, seq, sender, clientMsgId } = message;
    const mine = sender === this.#user;
    this.#conversations.update(conversationId, this.#user, {
      lastSeq: seq,
      lastMessage: message,
      ...(mine ? { readSeq: seq } : {}),
    });
    if (!mine || !this.#own.delete(clientMsgId)) {
      this.emit('message', message);
      return;
    }
    // The ack may have been lost: a message at its place in the conversation is as good.
    this.#outbox.settle(message);
    this.emit('sent', message);
  }

  #joined(answer: {
    group: JoinedGroup['group'] | undefined;
    conversationId: string;
    joinedSeq: number;
  }): JoinedGroup {
    const { group, conversationId, joinedSeq } = answer;
    if (group === undefined) {
      throw new MpimError('INTERNAL', 'the gateway answered without a group');
    }
    this.#conversations.update(conversationId, this.#user, {
      name: group.name,
      lastSeq: joinedSeq,
      readSeq: joinedSeq,
    });
    this.#synchroniser.joined(conversationId, joinedSeq);
    return { conversationId, group, joinedSeq };
  }
}

function refuse(message: string): Promise<never> {
  return Promise.reject(new MpimError('INVALID_ARGUMENT', message));
}
