import { ErrorCode, type JuteWriter, OpCode, SpecialXid } from '@mpim/zookeeper/protocol';
import { hex } from '../hex.ts';
import { type PrepareWrite, prepareWriteFor } from '../prepare/prepare-write.ts';
import type { ReadContext } from '../process/read-context.ts';
import { type ReadHandler, readHandlerFor } from '../process/read-handlers.ts';
import { setWatches, setWatches2 } from '../process/read-watches.ts';
import { writeTxnReply } from '../process/write-reply.ts';
import type { ServerCore } from '../server-core.ts';
import { errorCodeOf } from '../txn/pipeline.ts';
import type { Txn } from '../txn/txn.ts';
import { Admission } from './admission.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { AfterRequest, Request, Requester } from './request.ts';
import { SaslExchange } from './sasl-exchange.ts';

/** Handles one request after the other and writes each answer before it takes the next. */
export class RequestDispatcher {
  readonly #core: ServerCore;
  readonly #requester: Requester;
  readonly #answers: AnswerWriter;
  readonly #admission: Admission;
  readonly #sasl: SaslExchange;

  constructor(core: ServerCore, requester: Requester, output: JuteWriter) {
    this.#core = core;
    this.#requester = requester;
    this.#answers = new AnswerWriter(output, core.metrics);
    this.#admission = new Admission(core, requester, this.#answers);
    this.#sasl = new SaslExchange(core, requester, this.#answers);
  }

  /** Answers a request. Notifications it causes for its own connection are written before the answer. */
  dispatch(request: Request): AfterRequest {
    this.#core.metrics.request(request.op);
    const after = this.#handle(request);
    this.#requester.stats.handled(request, this.#core.tree.lastZxid);
    return after;
  }

  /** Answers a request without doing anything for it. */
  refuse({ xid }: Request, code: number): void {
    this.#answers.header(xid, this.#core.tree.lastZxid, code);
  }

  #handle(request: Request): AfterRequest {
    if (request.op === OpCode.auth) return this.#admission.authenticate(request);
    if (request.op === OpCode.sasl) return this.#sasl.step(request);
    if (!this.#admission.isGranted) return this.#admission.turnAway(request);
    const read = readHandlerFor(request.op);
    if (read !== undefined) return this.#read(request, read);
    const prepare = prepareWriteFor(request.op);
    if (prepare !== undefined) return this.#write(request, prepare);
    switch (request.op) {
      case OpCode.ping:
        this.#answers.header(SpecialXid.ping, this.#core.tree.lastZxid, ErrorCode.OK);
        return 'continue';
      case OpCode.setWatches:
        return this.#setWatches(request, setWatches);
      case OpCode.setWatches2:
        return this.#setWatches(request, setWatches2);
      case OpCode.closeSession:
        return this.#closeSession(request);
      default:
        this.refuse(request, ErrorCode.UNIMPLEMENTED);
        return 'close';
    }
  }

  #read(request: Request, handler: ReadHandler): AfterRequest {
    const zxid = this.#core.tree.lastZxid;
    const mark = this.#answers.begin(request.xid, zxid);
    try {
      handler(this.#readContext(request), request.input, this.#answers.output);
      this.#answers.end(mark);
    } catch (error) {
      this.#answers.drop(mark);
      this.refuse(request, errorCodeOf(error, this.#core.settings.logger));
    }
    return 'continue';
  }

  #write({ xid, input, session }: Request, prepare: PrepareWrite): AfterRequest {
    const { tree, settings, pipeline } = this.#core;
    const context = {
      tree,
      sessionId: session.id,
      identities: this.#requester.identities,
      extendedTypes: settings.extendedTypes,
      quotas: settings.enforceQuota ? tree.quotas : undefined,
      schemes: settings.schemes,
      noDigest: !settings.digestScheme,
      reconfigEnabled: settings.reconfigEnabled,
    };
    const { zxid, result } = pipeline.write(prepare, { context, cxid: xid, input });
    if (result.txn.kind === 'error') {
      this.#answers.header(xid, zxid, result.txn.code);
      return 'continue';
    }
    this.#warnOfQuota(result.txn);
    const mark = this.#answers.begin(xid, zxid);
    writeTxnReply(this.#answers.output, result);
    this.#answers.end(mark);
    return 'continue';
  }

  /** A soft limit does no more than make itself heard. */
  #warnOfQuota(txn: Txn): void {
    if (txn.kind !== 'create' && txn.kind !== 'setData') return;
    const quota = this.#core.tree.quotas.softlyExceededAt(txn.path);
    if (quota === null) return;
    this.#core.metrics.quotaWarnings++;
    this.#core.settings.logger.warn({ quota, path: txn.path }, 'quota exceeded');
  }

  /** Reports missed events, which must stand before the answer, and arms the rest. */
  #setWatches(request: Request, handler: typeof setWatches): AfterRequest {
    let code: number = ErrorCode.OK;
    try {
      handler(this.#readContext(request), request.input);
    } catch (error) {
      code = errorCodeOf(error, this.#core.settings.logger);
    }
    this.#answers.header(request.xid, this.#core.tree.lastZxid, code);
    return 'continue';
  }

  #closeSession(request: Request): AfterRequest {
    if (this.#core.pipeline.isFull) {
      this.refuse(request, ErrorCode.SYSTEMERROR);
      return 'close';
    }
    const { session, xid } = request;
    const { zxid } = this.#core.closeSession(session, xid);
    this.#core.settings.logger.info({ sessionId: hex(session.id) }, 'session closed');
    this.#answers.header(xid, zxid, ErrorCode.OK);
    return 'close';
  }

  #readContext({ session }: Request): ReadContext {
    const { tree, watches, childLists } = this.#core;
    const { identities } = this.#requester;
    return {
      tree,
      watches,
      childLists,
      watcher: this.#requester,
      sessionId: session.id,
      identities,
    };
  }
}
