import { join } from 'node:path';
import { type Child, startChild, waitFor } from '@mpim/testkit';

const mpim = join(import.meta.dirname, '../../node_modules/.bin/mpim');

/** One line of `mpim chat --json`. */
export interface ChatEvent {
  type: 'ready' | 'sent' | 'message' | 'group' | 'history' | 'error' | 'state';
  state?: string;
  conversationId?: string;
  groupId?: string;
  seq?: number;
  clientMsgId?: string;
  serverTime?: number;
  from?: string;
  text?: string;
  code?: string;
  message?: string;
  messages?: { seq: number; from: string; text: string; clientMsgId: string }[];
}

/** A user with a terminal that speaks JSON. */
export class Chat implements AsyncDisposable {
  readonly user: string;
  readonly #child: Child;

  private constructor(user: string, child: Child) {
    this.user = user;
    this.#child = child;
  }

  /** Starts `mpim chat`, signs up if need be, and waits until it is ready. */
  static async start(gateway: string, user: string): Promise<Chat> {
    const args = ['chat', '--gateway', gateway, '--user', user, '--register', '--json'];
    const child = startChild(mpim, args, { env: { MPIM_PASSWORD: `the password of ${user}` } });
    const chat = new Chat(user, child);
    await chat.waitFor((event) => event.type === 'ready');
    return chat;
  }

  /** All it has said so far. */
  get events(): ChatEvent[] {
    return this.#child.stdout.map((line) => JSON.parse(line) as ChatEvent);
  }

  /** What it showed of one conversation, its own sends included, in the order it showed it. */
  timeline(conversationId: string): ChatEvent[] {
    return this.events.filter(
      (event) =>
        event.conversationId === conversationId &&
        (event.type === 'message' || event.type === 'sent'),
    );
  }

  type(command: string): void {
    this.#child.writeLine(command);
  }

  /** Waits for the first event from number `from` on that fits. */
  async waitFor(
    fits: (event: ChatEvent) => boolean,
    timeoutMs = 30_000,
    from = 0,
  ): Promise<ChatEvent> {
    return waitFor(
      () => {
        const event = this.events.slice(from).find(fits);
        if (event === undefined && !this.#child.running) {
          throw new Error(`mpim chat of ${this.user} ended:\n${this.#child.output()}`);
        }
        return event;
      },
      {
        timeoutMs,
        intervalMs: 50,
        what: `${fits} from ${this.user}, who said:\n${this.#child.output()}`,
      },
    );
  }

  /** Types a command and waits for the event that answers it. */
  ask(command: string, fits: (event: ChatEvent) => boolean): Promise<ChatEvent> {
    const from = this.#child.stdout.length;
    this.type(command);
    return this.waitFor(fits, 30_000, from);
  }

  /** Leaves with `/quit`; gives the exit code. */
  async quit(): Promise<number | NodeJS.Signals> {
    this.type('/quit');
    return this.#child.exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
