import {
  ErrorCode,
  type JuteReader,
  type JuteWriter,
  OpCode,
  ProtocolError,
  readAuthPacket,
  SpecialXid,
  writeReplyHeader,
} from '@mpim/zookeeper/protocol';
import { authenticate, mergeIdentities } from '../acl/authenticate.ts';
import { DigestMd5 } from '../acl/digest-md5.ts';
import { type Identity, SUPER_IDENTITY } from '../acl/identity.ts';
import { type PrepareWrite, prepareWriteFor } from '../prepare/prepare-write.ts';
import { type ReadHandler, readHandlerFor } from '../process/read-handlers.ts';
import { setWatches, setWatches2 } from '../process/read-watches.ts';
import { writeTxnReply } from '../process/write-reply.ts';
import { hex, type ServerCore } from '../server-core.ts';
import type { Session } from '../session/session-tracker.ts';
import { errorCodeOf } from '../txn/pipeline.ts';
import type { Txn } from '../txn/txn.ts';
import type { Watcher } from '../watch/watched-event.ts';
import type { ConnectionStats } from './connection-stats.ts';

/** A request whose header has been read. */
export interface Request {
  readonly xid: number;
  /** Whatever number the client sent as request kind. */
  readonly op: number;
  /** Positioned at the body. */
  readonly input: JuteReader;
  readonly session: Session;
}

/** Whether a connection goes on after a request. */
export type AfterRequest = 'continue' | 'close';

/** On whose behalf requests are handled. */
export interface Requester extends Watcher {
  readonly address: string;
  readonly stats: ConnectionStats;
  identities: readonly Identity[];
}

const NO_ZXID = 0n;
/** Every ACL is compared with all identities of a connection, so a client cannot have any number of them. */
const MAX_IDENTITIES = 250;

/** Handles one request after the other and writes each answer before it takes the next. */
export class RequestDispatcher {
  readonly #core: ServerCore;
  readonly #requester: Requester;
  readonly #output: JuteWriter;
  readonly #digestMd5: DigestMd5 | null;

  constructor(core: ServerCore, requester: Requester, output: JuteWriter) {
    this.#core = core;
    this.#requester = requester;
    this.#output = output;
    const { saslUsers, random } = core.settings;
    this.#digestMd5 = saslUsers === null ? null : new DigestMd5(saslUsers, random);
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
    this.#answer(xid, this.#core.tree.lastZxid, code);
  }

  #handle(request: Request): AfterRequest {
    if (request.op === OpCode.auth) return this.#authenticate(request);
    if (request.op === OpCode.sasl) return this.#authenticateBySasl(request);
    if (!this.#isLetIn()) return this.#turnAway(request);
    const read = readHandlerFor(request.op);
    if (read !== undefined) return this.#read(request, read);
    const prepare = prepareWriteFor(request.op);
    if (prepare !== undefined) return this.#write(request, prepare);
    switch (request.op) {
      case OpCode.ping:
        this.#answer(SpecialXid.ping, this.#core.tree.lastZxid, ErrorCode.OK);
        return 'continue';
      case OpCode.setWatches:
        return this.#setWatches(request, setWatches);
      case OpCode.setWatches2:
        return this.#setWatches(request, setWatches2);
      case OpCode.closeSession: {
        if (this.#core.pipeline.isFull) {
          this.#answer(request.xid, this.#core.tree.lastZxid, ErrorCode.SYSTEMERROR);
          return 'close';
        }
        const { zxid } = this.#core.closeSession(request.session, request.xid);
        const facts = { sessionId: hex(request.session.id) };
        this.#core.settings.logger.info(facts, 'session closed');
        this.#answer(request.xid, zxid, ErrorCode.OK);
        return 'close';
      }
      default:
        this.#answer(request.xid, this.#core.tree.lastZxid, ErrorCode.UNIMPLEMENTED);
        return 'close';
    }
  }

  /** Whether the client has shown an identity of a scheme that is demanded, if any is. */
  #isLetIn(): boolean {
    const { enforceAuthSchemes: demanded } = this.#core.settings;
    if (demanded.length === 0) return true;
    return this.#requester.identities.some(({ scheme }) => demanded.includes(scheme));
  }

  #turnAway({ xid }: Request): AfterRequest {
    const { enforceAuthSchemes, logger } = this.#core.settings;
    const facts = { address: this.#requester.address, demanded: enforceAuthSchemes };
    logger.warn(facts, 'refused a client that has not authenticated');
    this.#answer(xid, NO_ZXID, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH);
    return 'close';
  }

  #read(request: Request, handler: ReadHandler): AfterRequest {
    const output = this.#output;
    const zxid = this.#core.tree.lastZxid;
    const mark = output.beginFrame();
    writeReplyHeader(output, { xid: request.xid, zxid, error: ErrorCode.OK });
    try {
      handler(this.#readContext(request), request.input, output);
      this.#endAnswer(mark);
    } catch (error) {
      output.rewind(mark);
      this.#answer(request.xid, zxid, errorCodeOf(error, this.#core.settings.logger));
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
      ...(settings.enforceQuota ? { quotas: tree.quotas } : {}),
      schemes: settings.schemes,
      noDigest: !settings.digestScheme,
      reconfigEnabled: settings.reconfigEnabled,
    };
    const { zxid, result } = pipeline.write(prepare, { context, cxid: xid, input });
    if (result.txn.kind === 'error') {
      this.#answer(xid, zxid, result.txn.code);
      return 'continue';
    }
    this.#warnOfQuota(result.txn);
    const output = this.#output;
    const mark = output.beginFrame();
    writeReplyHeader(output, { xid, zxid, error: ErrorCode.OK });
    writeTxnReply(output, result);
    this.#endAnswer(mark);
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
    this.#answer(request.xid, this.#core.tree.lastZxid, code);
    return 'continue';
  }

  #authenticate({ xid, input }: Request): AfterRequest {
    const proven = this.#proven(input);
    const isTooMany = this.#requester.identities.length > MAX_IDENTITIES;
    if (proven === null || isTooMany) {
      this.#core.metrics.authFailures++;
      const facts = { address: this.#requester.address };
      const why = isTooMany ? 'too many identities' : 'unknown scheme';
      this.#core.settings.logger.warn(facts, `authentication failed: ${why}`);
      this.#answer(xid, NO_ZXID, ErrorCode.AUTHFAILED);
      return 'close';
    }
    this.#requester.identities = mergeIdentities(this.#requester.identities, proven);
    this.#answer(xid, NO_ZXID, ErrorCode.OK);
    return 'continue';
  }

  /** One step of a SASL exchange; the client's first token is empty. */
  #authenticateBySasl({ xid, input }: Request): AfterRequest {
    const token = this.#saslToken(input);
    const step =
      token === null || this.#digestMd5 === null
        ? ({ kind: 'failed', reason: 'not set up, or a garbled request' } as const)
        : this.#digestMd5.step(token);
    if (step.kind === 'failed') {
      this.#core.metrics.authFailures++;
      const facts = { address: this.#requester.address, reason: step.reason };
      this.#core.settings.logger.warn(facts, 'SASL authentication failed');
      return this.#saslFailed(xid);
    }
    if (step.kind === 'proven') {
      const isSuper = this.#core.settings.superUsers.includes(step.user);
      const proven = [{ scheme: 'sasl', id: step.user }, ...(isSuper ? [SUPER_IDENTITY] : [])];
      this.#requester.identities = mergeIdentities(this.#requester.identities, proven);
    }
    this.#answerSasl(xid, step.token);
    return 'continue';
  }

  #saslFailed(xid: number): AfterRequest {
    const { enforceAuthSchemes, allowSaslFailedClients } = this.#core.settings;
    const isDemanded = enforceAuthSchemes.includes('sasl');
    if (allowSaslFailedClients && !isDemanded) {
      this.#answerSasl(xid, null);
      return 'continue';
    }
    const code = isDemanded ? ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH : ErrorCode.AUTHFAILED;
    this.#answer(xid, NO_ZXID, code);
    return 'close';
  }

  #answerSasl(xid: number, token: Buffer | null): void {
    const mark = this.#output.beginFrame();
    writeReplyHeader(this.#output, { xid, zxid: NO_ZXID, error: ErrorCode.OK });
    this.#output.buffer(token);
    this.#endAnswer(mark);
  }

  #saslToken(input: JuteReader): Buffer | null {
    try {
      return input.buffer() ?? Buffer.alloc(0);
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }

  #proven(input: JuteReader): readonly Identity[] | null {
    try {
      const { scheme, auth } = readAuthPacket(input);
      const request = { scheme, auth: auth ?? Buffer.alloc(0) };
      return authenticate(request, this.#requester.address, this.#core.settings);
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }

  #answer(xid: number, zxid: bigint, error: number): void {
    const mark = this.#output.beginFrame();
    writeReplyHeader(this.#output, { xid, zxid, error });
    this.#endAnswer(mark);
  }

  #readContext({ session }: Request) {
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

  /** Ends the frame of an answer. */
  #endAnswer(mark: number): void {
    this.#output.endFrame(mark);
    this.#core.metrics.responseSize.add(this.#output.length - mark);
  }
}
