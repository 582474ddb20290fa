import { styleText } from 'node:util';
import type { ConnectionState, ConversationSummary, MpimClient } from '@mpim/client';
import { groupConversationId, type Message } from '@mpim/protocol';
import { LineEditor } from '../terminal/line-editor.ts';
import { printableLine } from '../terminal/printable.ts';
import { conversationOf } from './addressing.ts';
import {
  CHAT_USAGE,
  type ChatCommand,
  HISTORY_DEFAULT,
  HISTORY_MOST,
  parseChatCommand,
} from './command.ts';
import { Outgoing } from './outgoing.ts';
import { ReadMarker } from './read-marker.ts';
import {
  colouredName,
  handleOf,
  listLines,
  messageLine,
  noticeLine,
  promptFor,
  stateLine,
} from './render.ts';

/** How long the end waits for acknowledgements and for read marks, in ms. */
const FLUSH_LIMIT_MS = 10_000;
const MARK_LIMIT_MS = 2_000;
/** A message that is on its way for longer gets a remark, in ms. */
const SLOW_SEND_MS = 2_000;

/** `mpim chat` for people: a log of messages above a line that is edited. */
export class TerminalMode {
  readonly #client: MpimClient;
  readonly #bell: boolean;
  readonly #editor: LineEditor;
  readonly #outgoing: Outgoing;
  readonly #marker: ReadMarker;
  readonly #releases: (() => void)[];
  readonly #ended = Promise.withResolvers<void>();
  /** Commands are carried out one after the other, in the order typed. */
  #queue: Promise<void> = Promise.resolve();
  #open: string | undefined;
  #wasOffline = false;

  constructor(client: MpimClient, options: { bell: boolean }) {
    this.#client = client;
    this.#bell = options.bell;
    this.#editor = new LineEditor(process.stdin, process.stdout, (line) => this.#complete(line));
    this.#outgoing = new Outgoing(client);
    this.#marker = new ReadMarker(client);
    this.#releases = [
      client.on('state', (state) => this.#stateChanged(state)),
      client.on('sent', (message) => this.#show(message)),
      client.on('message', (message) => this.#show(message)),
      client.on('conversations', () => this.#refreshPrompt()),
    ];
    this.#editor.on('line', (line) => {
      this.#queue = this.#queue.then(() => this.#carryOut(line));
    });
    this.#editor.on('end', () => this.#ended.resolve());
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => this.#ended.resolve());
    }
  }

  /** Greets, then reads until `/quit`, Ctrl-D or Ctrl-C. Resolves with the exit code. */
  async run(): Promise<number> {
    this.#print(`Signed in as ${colouredName(this.#client.user)}. /help lists the commands.`);
    this.#printAll(listLines(this.#client.conversations));
    this.#refreshPrompt();
    await this.#ended.promise;
    return this.#finish();
  }

  /** Gives the terminal back and stops listening. */
  stop(): void {
    this.#editor.close();
    for (const release of this.#releases) release();
    this.#outgoing.stop();
    this.#marker.stop();
  }

  async #finish(): Promise<number> {
    await this.#queue;
    if (this.#outgoing.count > 0) {
      this.#print(styleText('dim', `Waiting for ${this.#outgoing.count} unsent messages ...`));
    }
    const settled =
      this.#client.state.kind !== 'closed' && (await this.#outgoing.settled(FLUSH_LIMIT_MS));
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, MARK_LIMIT_MS);
    if (settled) await Promise.race([this.#marker.flush(), timeout.promise]);
    clearTimeout(timer);
    this.#editor.close();
    if (!settled) this.#print(`${this.#outgoing.count} messages were not sent.`);
    return settled ? 0 : 1;
  }

  async #carryOut(line: string): Promise<void> {
    try {
      await this.#execute(parseChatCommand(line));
    } catch (error) {
      this.#complain(error);
    }
  }

  async #execute(command: ChatCommand): Promise<void> {
    const client = this.#client;
    switch (command.kind) {
      case 'empty':
        return;
      case 'text':
        if (this.#open === undefined) {
          return this.#print(
            'No conversation is open: /open <user or group id>, or /msg <user> <text>',
          );
        }
        return this.#send(this.#open, command.text);
      case 'msg':
        return this.#send(client.directConversation(command.user), command.text);
      case 'group-msg':
        return this.#send(groupConversationId(command.groupId), command.text);
      case 'group-create': {
        const { group, conversationId } = await client.createGroup(command.name);
        this.#print(
          `Created #${printableLine(group.name)}. Others join it with: /group join ${group.groupId}`,
        );
        return this.#openConversation(conversationId);
      }
      case 'group-join': {
        const { group, conversationId } = await client.joinGroup(command.groupId);
        this.#print(`You are in #${printableLine(group.name)}.`);
        return this.#openConversation(conversationId);
      }
      case 'group-leave':
        await client.leaveGroup(command.groupId);
        if (this.#open === groupConversationId(command.groupId)) this.#open = undefined;
        this.#refreshPrompt();
        return this.#print('You have left the group.');
      case 'group-members': {
        const members = await client.members(command.groupId);
        return this.#print(
          members
            .map(({ user, role }) => `${colouredName(user)} (${printableLine(role)})`)
            .join(', '),
        );
      }
      case 'history': {
        const conversationId = command.conversation
          ? conversationOf(client, command.conversation)
          : this.#open;
        if (conversationId === undefined) {
          return this.#print('Whose? /history <user or group id> [how many]');
        }
        return this.#showHistory(conversationId, command.count);
      }
      case 'open':
        return this.#openConversation(conversationOf(client, command.conversation));
      case 'list':
        return this.#printAll(listLines(client.conversations, this.#open));
      case 'help':
        return this.#printAll(['Plain text goes to the open conversation.', ...CHAT_USAGE]);
      case 'quit':
        return this.#ended.resolve();
      case 'invalid':
        return this.#print(command.message);
    }
  }

  #send(conversationId: string, text: string): void {
    this.#outgoing.send(conversationId, text, (error) => this.#complain(error));
    if (this.#open === undefined) this.#open = conversationId;
    const remark = setTimeout(() => {
      if (this.#outgoing.count > 0 && this.#client.state.kind !== 'closed') {
        this.#print(styleText('dim', `${this.#outgoing.count} messages wait to be sent.`));
      }
    }, SLOW_SEND_MS);
    remark.unref();
    void this.#outgoing.settled().then(() => clearTimeout(remark));
  }

  /** Opens a conversation and shows its end, all that is unread included. Stays where it was when that fails. */
  async #openConversation(conversationId: string): Promise<void> {
    const before = this.#open;
    const unread = this.#summary(conversationId)?.unread ?? 0;
    this.#open = conversationId;
    try {
      await this.#showHistory(
        conversationId,
        Math.min(HISTORY_MOST, Math.max(HISTORY_DEFAULT, unread)),
      );
    } catch (error) {
      this.#open = before;
      throw error;
    } finally {
      this.#refreshPrompt();
    }
    const known = this.#summary(conversationId);
    if (known && known.unread > 0) this.#marker.note(conversationId, known.lastSeq);
  }

  async #showHistory(conversationId: string, limit: number): Promise<void> {
    const messages = await this.#client.history(conversationId, { limit });
    for (const message of messages) this.#print(messageLine(message));
    if (messages.length === 0) this.#print(styleText('dim', 'No messages yet.'));
  }

  #show(message: Message): void {
    const mine = message.sender === this.#client.user;
    const conversation = this.#summary(message.conversationId);
    if (message.conversationId === this.#open || conversation === undefined) {
      this.#print(messageLine(message));
      if (!mine) this.#marker.note(message.conversationId, message.seq);
    } else if (mine) {
      this.#print(
        styleText('dim', `to ${printableLine(conversation.title)}: `) + messageLine(message),
      );
    } else {
      this.#print(noticeLine(message, conversation));
    }
    if (!mine && this.#bell) process.stdout.write('\u0007');
  }

  #stateChanged(state: ConnectionState): void {
    const line = stateLine(state);
    if (state.kind === 'offline') this.#wasOffline = true;
    if (line !== undefined && (state.kind !== 'online' || this.#wasOffline)) this.#print(line);
    if (state.kind === 'online') this.#wasOffline = false;
    if (state.kind === 'closed') this.#ended.resolve();
  }

  #summary(conversationId: string): ConversationSummary | undefined {
    return this.#client.conversations.find((one) => one.conversationId === conversationId);
  }

  #refreshPrompt(): void {
    this.#editor.setPrompt(promptFor(this.#client.conversations, this.#open));
  }

  #complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#print(styleText('red', printableLine(message)));
  }

  #print(line: string): void {
    this.#editor.print(line);
  }

  #printAll(lines: readonly string[]): void {
    for (const line of lines) this.#print(line);
  }

  #complete(line: string): [string[], string] {
    const argument = /^(\/(?:msg|open|history|group (?:msg|members|leave)) +)(\S*)$/.exec(line);
    if (argument) {
      const [, command = '', begun = ''] = argument;
      const names = this.#client.conversations.map(handleOf);
      return [
        names.filter((name) => name.startsWith(begun)).map((name) => `${command}${name} `),
        line,
      ];
    }
    const commands = CHAT_USAGE.map((usage) => `${usage.split(' ')[0]} `);
    return [commands.filter((command) => command.startsWith(line)), line];
  }
}
