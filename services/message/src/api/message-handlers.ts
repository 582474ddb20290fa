import type {
  GetHeadRequest,
  GetHeadResponse,
  GetHistoryRequest,
  GetHistoryResponse,
  MarkReadRequest,
  MarkReadResponse,
  SendMessageRequest,
  SendMessageResponse,
  SyncRequest,
  SyncResponse,
} from '@mpim/protocol';
import type { Access } from '../access/access.ts';
import type { Caller, GroupDirectory } from '../access/directories.ts';
import { history } from '../reading/history.ts';
import type { PageLimits } from '../reading/page-limits.ts';
import { sync } from '../reading/sync.ts';
import type { GroupCommit } from '../sending/group-commit.ts';
import type { MessageSender } from '../sending/sender.ts';
import { storageFailure } from '../sending/storage-failure.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { ReadMark } from '../store/read-positions.ts';
import { checkConversationId, checkSeq, checkUser } from './check.ts';

/** How much one answer holds: a page of a client's screen, or what fits a frame with room to spare. */
const PAGE_LIMITS: PageLimits = { defaultMessages: 50, maxMessages: 200, maxBytes: 1024 * 1024 };

/** What the handlers work with. */
export interface MessageHandlerParts {
  readonly access: Access;
  readonly groups: GroupDirectory;
  readonly store: MessageStore;
  readonly sender: MessageSender;
  readonly marks: GroupCommit<ReadMark, number>;
}

/** The methods of MessageServiceRpc; codes and guarantees stand in `proto/mpim/v1/message_service.proto`. */
export class MessageHandlers {
  readonly #parts: MessageHandlerParts;

  constructor(parts: MessageHandlerParts) {
    this.#parts = parts;
  }

  readonly sendMessage = (
    request: SendMessageRequest,
    caller: Caller,
  ): Promise<SendMessageResponse> => this.#parts.sender.send(request, caller);

  readonly sync = async (request: SyncRequest, caller: Caller): Promise<SyncResponse> => {
    const { store, groups } = this.#parts;
    return { conversations: await sync(store, groups, PAGE_LIMITS, request, caller) };
  };

  readonly getHistory = (request: GetHistoryRequest, caller: Caller): Promise<GetHistoryResponse> =>
    history(this.#parts.store, this.#parts.access, PAGE_LIMITS, request, caller);

  readonly markRead = async (
    request: MarkReadRequest,
    caller: Caller,
  ): Promise<MarkReadResponse> => {
    const { user, conversationId, seq } = request;
    checkUser(user);
    checkConversationId(conversationId);
    checkSeq('seq', seq);
    await this.#parts.access.toRead(user, conversationId, caller);
    const mark = { user, conversationId, seq };
    const readSeq = await this.#parts.marks.submit(mark).catch((error: unknown) => {
      throw storageFailure('the read position', error);
    });
    return { readSeq };
  };

  readonly getHead = async ({ conversationId }: GetHeadRequest): Promise<GetHeadResponse> => {
    checkConversationId(conversationId);
    return { lastSeq: await this.#parts.store.lastSeq(conversationId) };
  };
}
