import {
  ErrorCode,
  type JuteReader,
  ProtocolError,
  readAuthPacket,
} from '@mpim/zookeeper/protocol';
import { authenticate, mergeIdentities } from '../acl/authenticate.ts';
import type { Identity } from '../acl/identity.ts';
import type { ServerCore } from '../server-core.ts';
import { type AnswerWriter, NO_ZXID } from './answer-writer.ts';
import type { AfterRequest, Request, Requester } from './request.ts';

/** Every ACL is compared with all identities of a connection, so a client cannot have any number of them. */
const MAX_IDENTITIES = 250;

/** Who a client is by its auth packets, and whether it has shown enough to be served. */
export class Admission {
  readonly #core: ServerCore;
  readonly #requester: Requester;
  readonly #answers: AnswerWriter;

  constructor(core: ServerCore, requester: Requester, answers: AnswerWriter) {
    this.#core = core;
    this.#requester = requester;
    this.#answers = answers;
  }

  /** Whether the client has shown an identity of a scheme that is demanded, if any is. */
  get isGranted(): boolean {
    const { enforceAuthSchemes: demanded } = this.#core.settings;
    if (demanded.length === 0) return true;
    return this.#requester.identities.some(({ scheme }) => demanded.includes(scheme));
  }

  /** Refuses a request of a client that is not let in. */
  turnAway({ xid }: Request): AfterRequest {
    const { enforceAuthSchemes, logger } = this.#core.settings;
    const facts = { address: this.#requester.address, demanded: enforceAuthSchemes };
    logger.warn(facts, 'refused a client that has not authenticated');
    this.#answers.header(xid, NO_ZXID, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH);
    return 'close';
  }

  /** Takes an auth packet. */
  authenticate({ xid, input }: Request): AfterRequest {
    const proven = this.#proven(input);
    const isTooMany = this.#requester.identities.length > MAX_IDENTITIES;
    if (proven === null || isTooMany) {
      this.#core.metrics.authFailures++;
      const facts = { address: this.#requester.address };
      const why = isTooMany ? 'too many identities' : 'unknown scheme';
      this.#core.settings.logger.warn(facts, `authentication failed: ${why}`);
      this.#answers.header(xid, NO_ZXID, ErrorCode.AUTHFAILED);
      return 'close';
    }
    this.#requester.identities = mergeIdentities(this.#requester.identities, proven);
    this.#answers.header(xid, NO_ZXID, ErrorCode.OK);
    return 'continue';
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
}
