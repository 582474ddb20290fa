import { ZooKeeperError } from './errors.ts';
import type { ZooKeeperClientOptions } from './options.ts';
import type { SessionCredentials } from './session/grant.ts';
import type { Identity } from './session/identities.ts';

/** Its 4/3, after which a session counts as gone, must fit a timer. */
const LONGEST_SESSION_MS = 1_000_000_000;
/** What a timer can wait. */
const LONGEST_WAIT_MS = 0x7fff_ffff;
const PASSWORD_BYTES = 16;

/**
 * Refuses, with `BAD_ARGUMENTS` naming the field, what cannot be written into a handshake or waited for. What has a file of its
 * own, such as TLS, packet limits and the high-water mark, is checked there.
 */
export function checkOptions(options: ZooKeeperClientOptions): void {
  const { connectString, sessionTimeoutMs, connectTimeoutMs, session, auth = [], sasl } = options;
  if (typeof connectString !== 'string') {
    throw bad('connectString', connectString, 'text such as host:port,host:port/chroot');
  }
  requireMs('sessionTimeoutMs', sessionTimeoutMs, LONGEST_SESSION_MS);
  requireMs('connectTimeoutMs', connectTimeoutMs, LONGEST_WAIT_MS);
  if (session !== undefined) checkSession(session);
  for (const identity of auth) checkIdentity(identity, 'options.auth');
  if (sasl === undefined) return;
  // The values are secrets.
  if (typeof sasl.username === 'string' && typeof sasl.password === 'string') return;
  throw new ZooKeeperError('BAD_ARGUMENTS', 'options.sasl: it takes username and password as text');
}

/** Refuses an identity that is none; `where` it was given is for the message. Its value is a secret. */
export function checkIdentity({ scheme, auth }: Identity, where: string): void {
  const isText = typeof scheme === 'string' && scheme !== '';
  if (isText && (typeof auth === 'string' || auth instanceof Uint8Array)) return;
  const message = `${where}: an identity is a scheme, such as digest, and auth, text or bytes such as user:password`;
  throw new ZooKeeperError('BAD_ARGUMENTS', message);
}

/** Refuses a time for a call that no timer can wait. */
export function checkTimeout(timeoutMs: number): void {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= LONGEST_WAIT_MS) return;
  throw bad('timeoutMs', timeoutMs, `ms from 0 to ${LONGEST_WAIT_MS}; leave it out to wait on`);
}

function checkSession({ id, password }: SessionCredentials): void {
  if (typeof id !== 'bigint' || BigInt.asIntN(64, id) !== id) {
    throw bad('session.id', id, 'the bigint of sessionCredentials');
  }
  if (password instanceof Uint8Array && password.length === PASSWORD_BYTES) return;
  const message = `options.session.password: it takes the ${PASSWORD_BYTES} bytes of sessionCredentials`;
  throw new ZooKeeperError('BAD_ARGUMENTS', message);
}

function requireMs(name: string, value: number | undefined, longest: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && value >= 1 && value <= longest) return;
  throw bad(name, value, `whole ms from 1 to ${longest}`);
}

function bad(name: string, value: unknown, takes: string): ZooKeeperError {
  const message = `options.${name} is ${String(value)}: it takes ${takes}`;
  return new ZooKeeperError('BAD_ARGUMENTS', message);
}
