import { ErrorCode, type JuteReader, ProtocolError } from '@mpim/zookeeper/protocol';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { PrepareContext } from '../prepare/prepare-context.ts';
import type { PrepareWrite } from '../prepare/prepare-write.ts';
import { RequestError } from '../request-error.ts';
import type { DataTree, TxnResult } from '../tree/data-tree.ts';
import type { CommitLog } from './commit-log.ts';
import type { Txn, TxnHeader } from './txn.ts';

/** A transaction in its place. */
export interface Committed {
  readonly zxid: bigint;
  readonly result: TxnResult;
}

/**
 * The one way to change anything: a request is decided against the tree (prepared), takes the next
 * zxid, is applied and handed to the log. All in one go, so every request sees all before it.
 */
export class Pipeline {
  readonly #tree: DataTree;
  readonly #log: CommitLog;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(parts: { tree: DataTree; log: CommitLog; clock: Clock; logger: Logger }) {
    this.#tree = parts.tree;
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** Runs a client's write. A refused one takes a zxid too, as in ZooKeeper. */
  write(
    prepare: PrepareWrite,
    request: { context: PrepareContext; cxid: number; input: JuteReader },
  ): Committed {
    // Without room for it in the log nothing can happen, not even a refusal in the order of changes.
    if (this.#log.isFull) return this.#standstill();
    const txn = this.#decide(prepare, request.context, request.input);
    return this.submit(txn, request.context.sessionId, request.cxid);
  }

  /** Whether changes are refused for now, because the disk is full. */
  get isFull(): boolean {
    return this.#log.isFull;
  }

  /** Gives a decided transaction its place and applies it; not to be called while {@link isFull}. */
  submit(txn: Txn, sessionId: bigint, cxid = 0): Committed {
    const zxid = this.#tree.lastZxid + 1n;
    const header: TxnHeader = { sessionId, cxid, zxid, time: this.#clock.now() };
    const result = this.#tree.apply(header, txn);
    this.#tree.logDigest();
    this.#log.append(header, txn);
    return { zxid, result };
  }

  #standstill(): Committed {
    const txn: Txn = { kind: 'error', code: ErrorCode.SYSTEMERROR };
    return { zxid: this.#tree.lastZxid, result: { txn, stat: null, parts: [] } };
  }

  #decide(prepare: PrepareWrite, context: PrepareContext, input: JuteReader): Txn {
    try {
      return prepare(context, input);
    } catch (error) {
      return { kind: 'error', code: errorCodeOf(error, this.#logger) };
    }
  }
}

/** The code that answers a request whose handling threw. */
export function errorCodeOf(error: unknown, logger: Logger): number {
  if (error instanceof RequestError) return error.code;
  if (error instanceof ProtocolError) return ErrorCode.MARSHALLINGERROR;
  logger.error({ err: error }, 'a request failed inside the server; this is a fault of the server');
  return ErrorCode.SYSTEMERROR;
}
