import { timingSafeEqual } from 'node:crypto';
import {
  digestMd5Proof,
  FIRST_USE,
  parseDirectives,
  SASL_HOST,
  SASL_SERVICE,
} from '@mpim/zookeeper/protocol';
import type { Random } from '../random.ts';

const NONCE_BYTES = 20;

/** What a step of the exchange comes to. */
export type DigestMd5Step =
  | { readonly kind: 'challenge'; readonly token: Buffer }
  | { readonly kind: 'proven'; readonly token: Buffer; readonly user: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * The server's side of SASL DIGEST-MD5 (RFC 2831, quality of protection `auth`): the client shows that it
 * knows the password without telling it. One exchange per connection; it can be begun again.
 */
export class DigestMd5 {
  readonly #users: Readonly<Record<string, string>>;
  readonly #random: Random;
  #nonce: string | null = null;

  /** `users`: password of each name. */
  constructor(users: Readonly<Record<string, string>>, random: Random) {
    this.#users = users;
    this.#random = random;
  }

  /** Takes the client's token: an empty one asks for the challenge, the next one answers it. */
  step(token: Buffer): DigestMd5Step {
    const nonce = this.#nonce;
    if (token.length === 0 || nonce === null) return this.#challenge();
    // A nonce is good for one answer, so that an overheard one is worth nothing.
    this.#nonce = null;
    const answer = parseDirectives(token.toString());
    if (answer === null) return { kind: 'failed', reason: 'the answer cannot be read' };
    return this.#judge(nonce, answer);
  }

  #challenge(): DigestMd5Step {
    const nonce = Buffer.from(this.#random.bytes(NONCE_BYTES)).toString('base64');
    this.#nonce = nonce;
    const text = `realm="${SASL_HOST}",nonce="${nonce}",qop="auth",charset=utf-8,algorithm=md5-sess`;
    return { kind: 'challenge', token: Buffer.from(text) };
  }

  #judge(nonce: string, answer: ReadonlyMap<string, string>): DigestMd5Step {
    const user = answer.get('username') ?? '';
    const authzid = answer.get('authzid');
    const uri = answer.get('digest-uri') ?? '';
    const password = Object.hasOwn(this.#users, user) ? this.#users[user] : undefined;
    const fits =
      answer.get('nonce') === nonce &&
      answer.get('realm') === SASL_HOST &&
      answer.get('nc') === FIRST_USE &&
      (answer.get('qop') ?? 'auth') === 'auth' &&
      (authzid === undefined || authzid === '' || authzid === user) &&
      uri.startsWith(`${SASL_SERVICE}/`);
    if (!fits) return { kind: 'failed', reason: 'the answer does not fit the challenge' };
    if (password === undefined) return { kind: 'failed', reason: `there is no user ${user}` };
    const facts = {
      user,
      realm: SASL_HOST,
      password,
      nonce,
      cnonce: answer.get('cnonce') ?? '',
      authzid,
      uri,
    };
    const expected = Buffer.from(digestMd5Proof(facts, 'AUTHENTICATE'));
    const given = Buffer.from(answer.get('response') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return { kind: 'failed', reason: `wrong password for ${user}` };
    }
    return { kind: 'proven', token: Buffer.from(`rspauth=${digestMd5Proof(facts, '')}`), user };
  }
}
