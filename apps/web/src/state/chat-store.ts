import {
  type ConnectionState,
  type ConversationSummary,
  directPeer,
  type Message,
  MpimClient,
  MpimError,
  newId,
  type Session,
} from '@mpim/client';
import {
  EMPTY_THREAD,
  type Thread,
  withMessages,
  withOutgoing,
  withoutOutgoing,
} from './thread.ts';

/** Messages per page of history. */
const PAGE = 50;

/** Everything the page shows; a new object whenever something changed. */
export interface ChatState {
  readonly user: string;
  readonly connection: ConnectionState;
  readonly conversations: readonly ConversationSummary[];
  readonly selected: string | undefined;
  readonly threads: ReadonlyMap<string, Thread>;
  /** The last message that came in while the page was open, for screen readers. */
  readonly announcement: string;
}

/** One signed-in user's chat: the client's events turned into what the page shows. */
export class ChatStore {
  readonly #client: MpimClient;
  readonly #listeners = new Set<() => void>();
  #state: ChatState;

  constructor(gateway: string, session: Session) {
    this.#client = new MpimClient({ gateway, token: session.token });
    this.#state = {
      user: session.user,
      connection: this.#client.state,
      conversations: [],
      selected: undefined,
      threads: new Map(),
      announcement: '',
    };
    this.#client.on('state', (connection) => this.#set({ connection }));
    this.#client.on('conversations', (conversations) => this.#set({ conversations }));
    this.#client.on('message', (message) => this.#arrived(message));
    this.#client.on('sent', (message) => {
      this.#thread(message.conversationId, (thread) =>
        withoutOutgoing(withMessages(thread, [message]), message.clientMsgId),
      );
    });
    // A refused token shows as the state `closed`.
    this.#client.start().catch(() => {});
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For useSyncExternalStore. */
  readonly snapshot = (): ChatState => this.#state;

  /** Shows a conversation (or none) and marks it as read. */
  select(conversationId: string | undefined): void {
    this.#set({ selected: conversationId });
    if (conversationId === undefined) return;
    this.markSelectedRead();
    if (this.thread(conversationId).earlier === 'unknown') void this.loadEarlier(conversationId);
  }

  thread(conversationId: string): Thread {
    return this.#state.threads.get(conversationId) ?? EMPTY_THREAD;
  }

  /** What a conversation is called. */
  title(conversationId: string): string {
    const known = this.#state.conversations.find((one) => one.conversationId === conversationId);
    return known?.title ?? directPeer(conversationId, this.#state.user) ?? conversationId;
  }

  /** Opens the conversation with another user. */
  openDirect(user: string): void {
    this.select(this.#client.directConversation(user));
  }

  async createGroup(name: string): Promise<void> {
    const { conversationId } = await this.#client.createGroup(name);
    this.select(conversationId);
  }

  async joinGroup(groupId: string): Promise<void> {
    const { conversationId } = await this.#client.joinGroup(groupId);
    this.select(conversationId);
  }

  /** Sends a text; the same `clientMsgId` again repeats what failed. */
  send(conversationId: string, text: string, clientMsgId: string = newId()): void {
    this.#thread(conversationId, (thread) =>
      withOutgoing(thread, { clientMsgId, text, error: undefined }),
    );
    this.#client.send(conversationId, text, { clientMsgId }).catch((error) => {
      this.#thread(conversationId, (thread) =>
        withOutgoing(thread, { clientMsgId, text, error: reasonOf(error) }),
      );
    });
  }

  /** Gives up a message that failed. */
  discard(conversationId: string, clientMsgId: string): void {
    this.#thread(conversationId, (thread) => withoutOutgoing(thread, clientMsgId));
  }

  /** Loads the page before the first message shown. */
  async loadEarlier(conversationId: string): Promise<void> {
    const { earlier, messages } = this.thread(conversationId);
    if (earlier === 'loading' || earlier === 'none') return;
    this.#thread(conversationId, (thread) => ({ ...thread, earlier: 'loading' }));
    const before = messages[0]?.seq;
    try {
      const page = await this.#client.history(conversationId, {
        limit: PAGE,
        ...(before === undefined ? {} : { before }),
      });
      const first = page[0]?.seq ?? 1;
      this.#thread(conversationId, (thread) => ({
        ...withMessages(thread, page),
        earlier: first > 1 ? 'more' : 'none',
      }));
      this.markSelectedRead();
    } catch (error) {
      // A conversation nobody has written in yet has no history and no members to ask for.
      const fresh = error instanceof MpimError && !error.retryable && messages.length === 0;
      this.#thread(conversationId, (thread) => ({
        ...thread,
        earlier: fresh ? 'none' : 'failed',
      }));
    }
  }

  /** Marks the shown conversation as read, if somebody can see it. */
  markSelectedRead(): void {
    const { selected, conversations } = this.#state;
    const summary = conversations.find(({ conversationId }) => conversationId === selected);
    if (summary === undefined || summary.unread === 0 || document.hidden) return;
    this.#client.markRead(summary.conversationId, summary.lastSeq).catch(() => {});
  }

  reconnectNow(): void {
    this.#client.reconnectNow();
  }

  /** Ends the session. */
  async logout(): Promise<void> {
    await this.#client.logout().catch(() => {});
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #arrived(message: Message): void {
    const { conversationId, sender, content } = message;
    this.#thread(conversationId, (thread) => withMessages(thread, [message]));
    if (sender !== this.#state.user) {
      this.#set({ announcement: `${sender}: ${content?.text ?? ''}` });
    }
    // The list learns of the message in the same turn; read it right after.
    if (conversationId === this.#state.selected) queueMicrotask(() => this.markSelectedRead());
  }

  #thread(conversationId: string, change: (thread: Thread) => Thread): void {
    const threads = new Map(this.#state.threads);
    threads.set(conversationId, change(this.thread(conversationId)));
    this.#set({ threads });
  }

  #set(change: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** What to tell a person about a failure. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
