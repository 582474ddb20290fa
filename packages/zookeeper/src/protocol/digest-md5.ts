import { createHash } from 'node:crypto';

/** Name of the host, and so of the realm, that every ZooKeeper server goes by (ZooKeeper: `zk-sasl-md5`). */
export const SASL_HOST = 'zk-sasl-md5';
/** Name of the service in a digest-uri. */
export const SASL_SERVICE = 'zookeeper';
/** `nc` of an answer: each nonce is used once. */
export const FIRST_USE = '00000001';

/** One `name=value` or `name="value"`, with backslashes before what is meant literally. */
const DIRECTIVE = /\s*([a-zA-Z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,"\s]*))\s*(?:,|$)/y;

/** What both sides of an exchange know in the end. */
export interface DigestMd5Facts {
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly authzid?: string | undefined;
  /** `digest-uri`. */
  readonly uri: string;
}

/**
 * `response-value` of RFC 2831, 2.1.2.1, quality of protection `auth`. The client proves itself with the verb
 * `AUTHENTICATE`, the server with none.
 */
export function digestMd5Proof(facts: DigestMd5Facts, verb: 'AUTHENTICATE' | ''): string {
  const { user, realm, password, nonce, cnonce, authzid, uri } = facts;
  const secret = md5(Buffer.concat([encoded(user), encoded(`:${realm}:`), encoded(password)]));
  const suffix = authzid === undefined || authzid === '' ? '' : `:${authzid}`;
  const a1 = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:${cnonce}${suffix}`)]));
  const a2 = md5(`${verb}:${uri}`);
  const mixed = `${a1.toString('hex')}:${nonce}:${FIRST_USE}:${cnonce}:auth:${a2.toString('hex')}`;
  return md5(mixed).toString('hex');
}

/** The directives of a token by their lower-case name; null if the text is none, or names one twice. */
export function parseDirectives(text: string): ReadonlyMap<string, string> | null {
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

/** A value as it stands within quotes. */
export function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Names and passwords are hashed as ISO 8859-1 if that can hold them, else as UTF-8 (RFC 2831, 2.1.2.1). */
function encoded(text: string): Buffer {
  return Buffer.from(text, /^[\0-\xff]*$/.test(text) ? 'latin1' : 'utf8');
}

function md5(data: string | Buffer): Buffer {
  return createHash('md5').update(data).digest();
}
