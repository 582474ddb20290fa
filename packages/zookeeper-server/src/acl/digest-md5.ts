import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../random.ts';

/** Realm and host that ZooKeeper's SASL server goes by. */
const REALM = 'zk-sasl-md5';
const PROTOCOL = 'zookeeper';
const NONCE_BYTES = 20;
const FIRST_USE = '00000001';
/** One `name=value` or `name="value"`, with backslashes before what is meant literally. */
const DIRECTIVE = /\s*([a-zA-Z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,"\s]*))\s*(?:,|$)/y;

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
    const text = `realm="${REALM}",nonce="${nonce}",qop="auth",charset=utf-8,algorithm=md5-sess`;
    return { kind: 'challenge', token: Buffer.from(text) };
  }

  #judge(nonce: string, answer: ReadonlyMap<string, string>): DigestMd5Step {
    const user = answer.get('username') ?? '';
    const authzid = answer.get('authzid');
    const uri = answer.get('digest-uri') ?? '';
    const password = Object.hasOwn(this.#users, user) ? this.#users[user] : undefined;
    const fits =
      answer.get('nonce') === nonce &&
      answer.get('realm') === REALM &&
      answer.get('nc') === FIRST_USE &&
      (answer.get('qop') ?? 'auth') === 'auth' &&
      (authzid === undefined || authzid === '' || authzid === user) &&
      uri.startsWith(`${PROTOCOL}/`);
    if (!fits) return { kind: 'failed', reason: 'the answer does not fit the challenge' };
    if (password === undefined) return { kind: 'failed', reason: `there is no user ${user}` };
    const parts = { user, password, nonce, cnonce: answer.get('cnonce') ?? '', authzid, uri };
    const expected = Buffer.from(proof(parts, 'AUTHENTICATE'));
    const given = Buffer.from(answer.get('response') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return { kind: 'failed', reason: `wrong password for ${user}` };
    }
    return { kind: 'proven', token: Buffer.from(`rspauth=${proof(parts, '')}`), user };
  }
}

interface ProofParts {
  readonly user: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly authzid: string | undefined;
  readonly uri: string;
}

/** `response-value` of RFC 2831, 2.1.2.1; the server's own has no `verb`. */
function proof(parts: ProofParts, verb: string): string {
  const { user, password, nonce, cnonce, authzid, uri } = parts;
  const secret = md5(`${user}:${REALM}:${password}`);
  const suffix = authzid === undefined || authzid === '' ? '' : `:${authzid}`;
  const a1 = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}${suffix}`)]));
  const a2 = md5(`${verb}:${uri}`);
  const mixed = `${a1.toString('hex')}:${nonce}:${FIRST_USE}:${cnonce}:auth:${a2.toString('hex')}`;
  return md5(mixed).toString('hex');
}

function md5(data: string | Buffer): Buffer {
  return createHash('md5').update(data).digest();
}

/** The directives by their lower-case name; null if the text is none, or names one twice. */
function parseDirectives(text: string): ReadonlyMap<string, string> | null {
  const found = new Map<string, string>();
  DIRECTIVE.lastIndex = 0;
  while (DIRECTIVE.lastIndex < text.length) {
    const match = DIRECTIVE.exec(text);
    if (match === null) return null;
    const name = (match[1] ?? '').toLowerCase();
    if (found.has(name)) return null;
    found.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  return found;
}
