import type { ClientEnvelope, ServerEnvelope } from '@mpim/protocol';
import { MpimError, serverCode } from './errors.ts';

/** Which answer belongs to which request (`envelope.proto`). */
const ANSWER_OF = {
  hello: 'welcome',
  send: 'sent',
  sync: 'synced',
  history: 'historyPage',
  markRead: 'readMarked',
  createGroup: 'groupJoined',
  joinGroup: 'groupJoined',
  leaveGroup: 'groupLeft',
  listMembers: 'memberList',
  ping: 'pong',
} as const;

/** The name of a request in the envelope. */
export type RequestKind = keyof typeof ANSWER_OF;
type AnyRequest = NonNullable<ClientEnvelope['request']>;
type AnyBody = NonNullable<ServerEnvelope['body']>;
/** What a request of this kind carries. */
export type RequestValue<K extends RequestKind> = Extract<AnyRequest, { $case: K }>['value'];
/** What its answer carries. */
export type AnswerValue<K extends RequestKind> = Extract<
  AnyBody,
  { $case: (typeof ANSWER_OF)[K] }
>['value'];

interface Pending {
  readonly kind: RequestKind;
  readonly timer: ReturnType<typeof setTimeout>;
  resolve(value: unknown): void;
  reject(error: MpimError): void;
}

/** The requests of one connection that wait for their answers: ids, timeouts, failures. */
export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** Registers a request; `id` goes into its envelope, `answer` settles by `settle`, `failAll` or the timeout. */
  open<K extends RequestKind>(
    kind: K,
    timeoutMs: number,
  ): { id: number; answer: Promise<AnswerValue<K>> } {
    this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    const id = this.#lastId;
    const answer = new Promise<AnswerValue<K>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(
          new MpimError('DEADLINE_EXCEEDED', `no answer to ${kind} within ${timeoutMs} ms`, {
            retryable: true,
          }),
        );
      }, timeoutMs);
      const settle = resolve as (value: unknown) => void;
      this.#pending.set(id, { kind, timer, resolve: settle, reject });
    });
    return { id, answer };
  }

  /** True while somebody waits for an answer. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Hands an answer to its request; one for a request that gave up is dropped. */
  settle(envelope: ServerEnvelope): void {
    const pending = this.#pending.get(envelope.id);
    if (pending === undefined) return;
    this.#pending.delete(envelope.id);
    clearTimeout(pending.timer);
    const { body } = envelope;
    if (body?.$case === ANSWER_OF[pending.kind]) {
      pending.resolve(body.value);
    } else if (body?.$case === 'failure') {
      const { code, message, retryable, retryAfterMs } = body.value;
      pending.reject(new MpimError(serverCode(code), message, { retryable, retryAfterMs }));
    } else {
      const got = body?.$case ?? 'an empty envelope';
      pending.reject(new MpimError('INTERNAL', `the gateway answered ${pending.kind} with ${got}`));
    }
  }

  /** Fails everything that waits: the connection is gone. */
  failAll(error: MpimError): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of all) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
  }
}
