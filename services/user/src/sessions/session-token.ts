import { createHash, randomBytes } from 'node:crypto';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** A new token: 256 random bits in base64url, 43 characters. It means nothing but by its hash in the database. */
export function newSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token. One round of SHA-256 is enough: there is nothing to guess in 256 random bits. */
export function hashSessionToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** False for a text that cannot be a token, before it costs a query. */
export function isSessionToken(text: string): boolean {
  return TOKEN.test(text);
}

/** A new session id: 128 random bits in hexadecimal. Not a secret. */
export function newSessionId(): string {
  return randomBytes(16).toString('hex');
}
