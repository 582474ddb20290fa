import { ErrorCode, type JuteReader, ProtocolError } from '@mpim/zookeeper/protocol';
import { mergeIdentities } from '../acl/authenticate.ts';
import { DigestMd5 } from '../acl/digest-md5.ts';
import { SUPER_IDENTITY } from '../acl/identity.ts';
import type { ServerCore } from '../server-core.ts';
import { type AnswerWriter, NO_ZXID } from './answer-writer.ts';
import type { AfterRequest, Request, Requester } from './request.ts';

/** A client's SASL exchange, which goes to and fro in requests. */
export class SaslExchange {
  readonly #core: ServerCore;
  readonly #requester: Requester;
  readonly #answers: AnswerWriter;
  /** Null if there are no users. */
  readonly #digestMd5: DigestMd5 | null;

  constructor(core: ServerCore, requester: Requester, answers: AnswerWriter) {
    this.#core = core;
    this.#requester = requester;
    this.#answers = answers;
    const { saslUsers, random } = core.settings;
    this.#digestMd5 = saslUsers === null ? null : new DigestMd5(saslUsers, random);
  }

  /** Takes one step; the client's first token is empty. */
  step({ xid, input }: Request): AfterRequest {
    const token = tokenOf(input);
    if (token === null) return this.#failed(xid, 'the request cannot be read');
    if (this.#digestMd5 === null) {
      // No token says that SASL is not set up here; whether that matters is the client's to judge, as with ZooKeeper.
      this.#answer(xid, null);
      return 'continue';
    }
    const step = this.#digestMd5.step(token);
    if (step.kind === 'failed') return this.#failed(xid, step.reason);
    if (step.kind === 'proven') {
      const isSuper = this.#core.settings.superUsers.includes(step.user);
      const proven = [{ scheme: 'sasl', id: step.user }, ...(isSuper ? [SUPER_IDENTITY] : [])];
      this.#requester.identities = mergeIdentities(this.#requester.identities, proven);
    }
    this.#answer(xid, step.token);
    return 'continue';
  }

  #failed(xid: number, reason: string): AfterRequest {
    const { enforceAuthSchemes, allowSaslFailedClients, logger } = this.#core.settings;
    this.#core.metrics.authFailures++;
    logger.warn({ address: this.#requester.address, reason }, 'SASL authentication failed');
    const isDemanded = enforceAuthSchemes.includes('sasl');
    if (allowSaslFailedClients && !isDemanded) {
      this.#answer(xid, null);
      return 'continue';
    }
    const code = isDemanded ? ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH : ErrorCode.AUTHFAILED;
    this.#answers.header(xid, NO_ZXID, code);
    return 'close';
  }

  #answer(xid: number, token: Buffer | null): void {
    const mark = this.#answers.begin(xid, NO_ZXID);
    this.#answers.output.buffer(token);
    this.#answers.end(mark);
  }
}

/** Null for a body that is none. */
function tokenOf(input: JuteReader): Buffer | null {
  try {
    return input.buffer() ?? Buffer.alloc(0);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
