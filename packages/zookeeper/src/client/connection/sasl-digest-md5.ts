import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  digestMd5Proof,
  FIRST_USE,
  parseDirectives,
  quoted,
  SASL_HOST,
  SASL_SERVICE,
} from '../../protocol/index.ts';

/** Who to be to servers that ask for SASL (DIGEST-MD5). The password never leaves this process. */
export interface SaslCredentials {
  readonly username: string;
  readonly password: string;
}

/** Asked on each connection, for credentials that are replaced while the client lives. It must neither wait nor throw. */
export type SaslSource = () => SaslCredentials;

/** Who to be on this connection, or why there is nobody to be. */
export function credentialsOf(sasl: SaslCredentials | SaslSource): SaslCredentials | Error {
  if (typeof sasl !== 'function') return sasl;
  try {
    const credentials = sasl();
    const { username, password } = credentials ?? {};
    if (typeof username === 'string' && typeof password === 'string') return credentials;
    return new Error('options.sasl: the function must give username and password, no promise');
  } catch (cause) {
    return new Error(`options.sasl: the function threw ${String(cause)}`, { cause });
  }
}

/** What a token of the server's comes to. */
export type SaslStep =
  | { readonly kind: 'answer'; readonly token: Buffer }
  | { readonly kind: 'proven' }
  | { readonly kind: 'failed'; readonly reason: string };

const CNONCE_BYTES = 20;
const URI = `${SASL_SERVICE}/${SASL_HOST}`;

/**
 * The client's side of SASL DIGEST-MD5 (RFC 2831, quality of protection `auth`), one exchange: an empty token
 * asks for the challenge, the answer shows that we know the password, and the server's last token that it does, too.
 */
export class SaslDigestMd5 {
  readonly #credentials: SaslCredentials;
  #expected: Buffer | null = null;

  constructor(credentials: SaslCredentials) {
    this.#credentials = credentials;
  }

  /** Takes the server's token; null stands for none. */
  step(token: Buffer | null): SaslStep {
    if (token === null) return failed('the server is not set up for SASL');
    const directives = parseDirectives(token.toString());
    if (directives === null) return failed('the server sent a token that cannot be read');
    return this.#expected === null
      ? this.#answer(directives)
      : this.#judge(this.#expected, directives);
  }

  #answer(challenge: ReadonlyMap<string, string>): SaslStep {
    const { username: user, password } = this.#credentials;
    const nonce = challenge.get('nonce');
    const qops = (challenge.get('qop') ?? 'auth').split(',').map((each) => each.trim());
    if (
      nonce === undefined ||
      challenge.get('algorithm') !== 'md5-sess' ||
      !qops.includes('auth')
    ) {
      return failed('the server asks for something other than DIGEST-MD5 with qop=auth');
    }
    const realm = challenge.get('realm') ?? SASL_HOST;
    const cnonce = randomBytes(CNONCE_BYTES).toString('base64');
    const facts = { user, realm, password, nonce, cnonce, uri: URI };
    this.#expected = Buffer.from(digestMd5Proof(facts, ''));
    const answer = [
      'charset=utf-8',
      `username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `nc=${FIRST_USE}`,
      `cnonce=${quoted(cnonce)}`,
      `digest-uri=${quoted(URI)}`,
      `response=${digestMd5Proof(facts, 'AUTHENTICATE')}`,
      'qop=auth',
    ];
    return { kind: 'answer', token: Buffer.from(answer.join(',')) };
  }

  #judge(expected: Buffer, answer: ReadonlyMap<string, string>): SaslStep {
    const given = Buffer.from(answer.get('rspauth') ?? '');
    if (given.length === expected.length && timingSafeEqual(given, expected)) {
      return { kind: 'proven' };
    }
    return failed('the server could not prove that it knows the password: it may be another one');
  }
}

function failed(reason: string): SaslStep {
  return { kind: 'failed', reason };
}
