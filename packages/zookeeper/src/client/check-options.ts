import { badArgument, requireBoolean, requireFunction, requireObject } from './arguments.ts';
import type { HighWaterMark } from './calls/backlog.ts';
import { checkSignal, LONGEST_WAIT_MS } from './calls/check-call.ts';
import type { SaslCredentials, SaslSource } from './connection/sasl-digest-md5.ts';
import { ZooKeeperError } from './errors.ts';
import { namesOf, requireKnown } from './known-names.ts';
import type { ZooKeeperClientOptions } from './options.ts';
import type { SessionCredentials } from './session/grant.ts';
import type { Identity } from './session/identities.ts';

/** Its 4/3, after which a session counts as gone, must fit a timer. */
const LONGEST_SESSION_MS = 1_000_000_000;
const PASSWORD_BYTES = 16;

const OPTIONS = namesOf<ZooKeeperClientOptions>({
  connectString: true,
  sessionTimeoutMs: true,
  connectTimeoutMs: true,
  session: true,
  renewExpiredSession: true,
  readOnly: true,
  followEnsemble: true,
  auth: true,
  tls: true,
  sasl: true,
  maxPacketBytes: true,
  maxAnswerBytes: true,
  highWaterMark: true,
  measureOperations: true,
  signal: true,
  clock: true,
  random: true,
  transport: true,
});
const SESSION = namesOf<SessionCredentials>({ id: true, password: true });
const IDENTITY = namesOf<Identity>({ scheme: true, auth: true });
const SASL = namesOf<SaslCredentials>({ username: true, password: true });
const HIGH_WATER_MARK = namesOf<HighWaterMark>({ calls: true, bytes: true });

/**
 * Refuses, with `BAD_ARGUMENTS` naming the field, what is no option, and what cannot be written into a handshake or waited
 * for. What has a file of its own, such as TLS, packet limits and the values of the high-water mark, is checked there.
 */
export function checkOptions(options: ZooKeeperClientOptions): void {
  requireObject('options', options, "an object such as { connectString: 'host:2181' }");
  requireKnown('options', options, OPTIONS);
  const { connectString, session, auth, sasl, signal, highWaterMark } = options;
  if (typeof connectString !== 'string') {
    const takes = 'text such as host:port,host:port/chroot';
    throw badArgument('options.connectString', connectString, takes);
  }
  requireMs('options.sessionTimeoutMs', options.sessionTimeoutMs, LONGEST_SESSION_MS);
  requireMs('options.connectTimeoutMs', options.connectTimeoutMs, LONGEST_WAIT_MS);
  requireBoolean('options.renewExpiredSession', options.renewExpiredSession);
  requireBoolean('options.readOnly', options.readOnly);
  requireBoolean('options.followEnsemble', options.followEnsemble);
  if (session !== undefined) checkSession(session);
  if (auth !== undefined) checkIdentities(auth);
  if (sasl !== undefined) checkSasl(sasl);
  if (signal !== undefined) checkSignal(signal);
  if (highWaterMark !== undefined) requireObject('options.highWaterMark', highWaterMark);
  requireKnown('options.highWaterMark', highWaterMark, HIGH_WATER_MARK);
  checkParts(options);
}

/** Refuses what cannot do the work of the part that it is to stand for. */
function checkParts({ clock, random, transport, measureOperations }: ZooKeeperClientOptions): void {
  if (clock !== undefined) {
    requireObject('options.clock', clock, 'a Clock');
    requireFunction('options.clock.now', clock.now);
    requireFunction('options.clock.monotonic', clock.monotonic);
    requireFunction('options.clock.setTimeout', clock.setTimeout);
  }
  if (random !== undefined) requireFunction('options.random', random);
  if (transport !== undefined) {
    requireObject('options.transport', transport, 'a Transport');
    requireFunction('options.transport.connect', transport.connect);
  }
  if (measureOperations === undefined || typeof measureOperations === 'boolean') return;
  requireObject('options.measureOperations', measureOperations, 'true, false or an observer');
  requireFunction('options.measureOperations.record', measureOperations.record);
}

function checkIdentities(auth: readonly Identity[]): void {
  if (!Array.isArray(auth)) {
    throw new ZooKeeperError('BAD_ARGUMENTS', 'options.auth: it takes a list of identities');
  }
  for (const identity of auth) checkIdentity(identity, 'options.auth');
}

/** The values are secrets. */
function checkSasl(sasl: SaslCredentials | SaslSource): void {
  if (typeof sasl === 'function') return;
  requireKnown('options.sasl', sasl, SASL);
  if (typeof sasl?.username === 'string' && typeof sasl.password === 'string') return;
  throw new ZooKeeperError('BAD_ARGUMENTS', 'options.sasl: it takes username and password as text');
}

/** Refuses an identity that is none; `where` it was given is for the message. Its value is a secret. */
export function checkIdentity(identity: Identity, where: string): void {
  requireKnown(where, identity, IDENTITY);
  const { scheme, auth } = identity ?? {};
  const isText = typeof scheme === 'string' && scheme !== '';
  if (isText && (typeof auth === 'string' || auth instanceof Uint8Array)) return;
  const message = `${where}: an identity is a scheme, such as digest, and auth, text or bytes such as user:password`;
  throw new ZooKeeperError('BAD_ARGUMENTS', message);
}

function checkSession(session: SessionCredentials): void {
  requireObject('options.session', session, 'sessionCredentials');
  requireKnown('options.session', session, SESSION);
  const { id, password } = session;
  if (typeof id !== 'bigint' || BigInt.asIntN(64, id) !== id) {
    throw badArgument('options.session.id', id, 'the bigint of sessionCredentials');
  }
  if (password instanceof Uint8Array && password.length === PASSWORD_BYTES) return;
  const message = `options.session.password: it takes the ${PASSWORD_BYTES} bytes of sessionCredentials`;
  throw new ZooKeeperError('BAD_ARGUMENTS', message);
}

function requireMs(name: string, value: number | undefined, longest: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && value >= 1 && value <= longest) return;
  throw badArgument(name, value, `whole ms from 1 to ${longest}`);
}
