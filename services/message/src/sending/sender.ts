import { RpcError } from '@mpim/mprpc';
import type { SendMessageRequest, SendMessageResponse } from '@mpim/protocol';
import type { Access, Audience } from '../access/access.ts';
import type { Caller } from '../access/directories.ts';
import { checkDraft } from '../api/check.ts';
import type { AppendOutcome } from '../store/append.ts';
import type { MessageStore } from '../store/message-store.ts';
import { type Draft, isRepetition, type StoredMessage } from '../store/stored-message.ts';
import { ArrivalOrder } from './arrival-order.ts';
import type { GroupCommit } from './group-commit.ts';
import { storageFailure } from './storage-failure.ts';

/** Takes what was committed and brings it to the devices that are online. Never throws, never waits. */
export interface Pusher {
  push(message: StoredMessage, audience: Audience, exceptConnectionId: string): void;
}

/** What a {@link MessageSender} works with. */
export interface MessageSenderParts {
  readonly access: Access;
  readonly store: MessageStore;
  readonly commits: GroupCommit<Draft, AppendOutcome>;
  readonly pusher: Pusher;
  /** Bytes of UTF-8 a text may have. */
  readonly maxTextBytes: number;
  /** Told of each send that reached the disk. */
  readonly onOutcome: (outcome: AppendOutcome) => void;
}

/** SendMessage: check, authorise, commit, answer, and after that push. */
export class MessageSender {
  readonly #parts: MessageSenderParts;
  readonly #order = new ArrivalOrder();

  constructor(parts: MessageSenderParts) {
    this.#parts = parts;
  }

  /** Resolves when the message is on disk; a repetition gets the first answer again, and is pushed again. */
  async send(request: SendMessageRequest, caller?: Caller): Promise<SendMessageResponse> {
    const draft = checkDraft(request, this.#parts.maxTextBytes);
    let audience: Audience;
    try {
      audience = await this.#authorise(draft, caller);
    } catch (error) {
      // Who has the right no more, or cannot be checked now, still learns what became of an earlier send.
      const stored = await this.#parts.store.find(draft.sender, draft.clientMsgId);
      if (stored !== undefined && isRepetition(draft, stored)) return answer(stored);
      throw error;
    }
    const outcome = await this.#commit(draft);
    this.#parts.pusher.push(outcome.message, audience, request.connectionId);
    return answer(outcome.message);
  }

  #authorise({ sender, conversationId }: Draft, caller: Caller | undefined): Promise<Audience> {
    const audience = this.#parts.access.toSend(sender, conversationId, caller);
    return this.#order.after(`${sender} ${conversationId}`, audience);
  }

  async #commit(draft: Draft): Promise<AppendOutcome & { kind: 'stored' }> {
    let outcome: AppendOutcome;
    try {
      outcome = await this.#parts.commits.submit(draft);
    } catch (error) {
      throw storageFailure('the message', error);
    }
    this.#parts.onOutcome(outcome);
    if (outcome.kind === 'conflict') throw conflict(draft);
    return outcome;
  }
}

function answer({ conversationId, seq, serverTime }: StoredMessage): SendMessageResponse {
  return { conversationId, seq, serverTime };
}

function conflict(draft: Draft): RpcError {
  return new RpcError(
    'ALREADY_EXISTS',
    `clientMsgId "${draft.clientMsgId}" was used for another message of ${draft.sender}: take a new one`,
  );
}
