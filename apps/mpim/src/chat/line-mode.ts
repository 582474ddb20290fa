import { createInterface } from 'node:readline';
import type { MpimClient } from '@mpim/client';
import { groupConversationId, type Message } from '@mpim/protocol';
import { onStopSignals } from '../supervisor/signals.ts';
import { conversationOf } from './addressing.ts';
import { type ChatCommand, parseChatCommand } from './command.ts';
import {
  type ChatEvent,
  errorEvent,
  groupEvent,
  historyEvent,
  messageEvent,
  sentEvent,
  stateEvent,
} from './events.ts';
import { Outgoing } from './outgoing.ts';
import { ReadMarker } from './read-marker.ts';

/** So many sends may be on their way; reading waits for room. */
const PIPELINE = 500;
/** How long the end waits for acknowledgements and for read marks, in ms. */
const FLUSH_LIMIT_MS = 15_000;
const MARK_LIMIT_MS = 3_000;

/** Where line mode reads and writes. */
export interface LineModeStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * `mpim chat` for scripts: one command per line in, one JSON event per line out. Commands are carried out in the order
 * given; sends do not wait for one another, everything else waits for the sends before it.
 */
export class LineMode {
  readonly #client: MpimClient;
  readonly #output: NodeJS.WritableStream;
  readonly #input: NodeJS.ReadableStream;
  readonly #outgoing: Outgoing;
  readonly #marker: ReadMarker;
  readonly #releases: (() => void)[];

  constructor(client: MpimClient, streams: LineModeStreams) {
    this.#client = client;
    this.#input = streams.input;
    this.#output = streams.output;
    this.#marker = new ReadMarker(client);
    this.#releases = [
      client.on('state', (state) => this.emit(stateEvent(state))),
      client.on('sent', (message) => this.emit(sentEvent(message))),
      client.on('message', (message) => this.#show(message)),
    ];
    // After the listener above: a send is finished once its event is out.
    this.#outgoing = new Outgoing(client);
  }

  /** Writes one event as one line. */
  emit(event: ChatEvent): void {
    this.#output.write(`${JSON.stringify(event)}\n`);
  }

  /**
   * Reads commands until `/quit`, the end of the input, a stop signal, or the end of the reader of our output; then
   * waits for what is on its way. Resolves with the exit code: 0, or 1 when something was left unacknowledged or the
   * session ended.
   */
  async run(): Promise<number> {
    const lines = createInterface({ input: this.#input, crlfDelay: Number.POSITIVE_INFINITY });
    const close = () => lines.close();
    this.#output.once('error', close);
    const releaseSignals = onStopSignals(close, () => process.exit(130));
    const releaseState = this.#client.on('state', (state) => {
      if (state.kind === 'closed') close();
    });
    try {
      if (this.#client.state.kind !== 'closed') {
        for await (const line of lines) {
          if (!(await this.#carryOut(line))) break;
        }
      }
    } finally {
      lines.close();
      releaseState();
    }
    const code = await this.#finish();
    releaseSignals();
    return code;
  }

  /** Stops listening to the client and leaves no timer. */
  stop(): void {
    for (const release of this.#releases) release();
    this.#outgoing.stop();
    this.#marker.stop();
  }

  /** Carries out one line; false for the last one. */
  async #carryOut(line: string): Promise<boolean> {
    const command = parseChatCommand(line);
    if (command.kind === 'quit') return false;
    try {
      await this.#execute(command, line);
    } catch (error) {
      this.emit(errorEvent(error, line));
    }
    return true;
  }

  async #execute(command: ChatCommand, line: string): Promise<void> {
    const client = this.#client;
    switch (command.kind) {
      case 'msg':
        return this.#send(client.directConversation(command.user), command.text, line);
      case 'group-msg':
        return this.#send(groupConversationId(command.groupId), command.text, line);
      case 'empty':
        return;
      case 'text':
      case 'open':
      case 'list':
      case 'help':
        return this.#refuse(line, 'Only on a terminal. Here: /msg, /group, /history, /quit.');
      case 'invalid':
        return this.#refuse(line, command.message);
    }
    await this.#outgoing.settled();
    switch (command.kind) {
      case 'group-create':
        return this.emit(groupEvent('created', await client.createGroup(command.name)));
      case 'group-join':
        return this.emit(groupEvent('joined', await client.joinGroup(command.groupId)));
      case 'group-leave':
        await client.leaveGroup(command.groupId);
        return this.#group('left', command.groupId);
      case 'group-members': {
        const members = await client.members(command.groupId);
        return this.#group(
          'members',
          command.groupId,
          members.map(({ user }) => user),
        );
      }
      case 'history': {
        if (command.conversation === undefined) {
          return this.#refuse(line, 'Type /history <user, group id or conversation id> [how many]');
        }
        const conversationId = conversationOf(client, command.conversation);
        const messages = await client.history(conversationId, { limit: command.count });
        return this.emit(historyEvent(conversationId, messages));
      }
    }
  }

  #group(action: 'left' | 'members', groupId: string, members?: string[]): void {
    const conversationId = groupConversationId(groupId);
    this.emit({ type: 'group', action, groupId, conversationId, ...(members ? { members } : {}) });
  }

  async #send(conversationId: string, text: string, line: string): Promise<void> {
    await this.#outgoing.below(PIPELINE);
    this.#outgoing.send(conversationId, text, (error) => this.emit(errorEvent(error, line)));
  }

  #refuse(command: string, message: string): void {
    this.emit({ type: 'error', code: 'INVALID_ARGUMENT', message, command });
  }

  #show(message: Message): void {
    this.emit(messageEvent(message));
    if (message.sender !== this.#client.user) {
      this.#marker.note(message.conversationId, message.seq);
    }
  }

  async #finish(): Promise<number> {
    if (this.#client.state.kind === 'closed') return 1;
    const settled = await this.#outgoing.settled(FLUSH_LIMIT_MS);
    if (!settled) {
      this.emit({
        type: 'error',
        code: 'DEADLINE_EXCEEDED',
        message: `${this.#outgoing.count} messages were not acknowledged within ${FLUSH_LIMIT_MS / 1000} s.`,
      });
    }
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, MARK_LIMIT_MS);
    await Promise.race([this.#marker.flush(), timeout.promise]);
    clearTimeout(timer);
    return settled ? 0 : 1;
  }
}
