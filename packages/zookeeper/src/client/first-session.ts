import { ZooKeeperError } from './errors.ts';
import type { Session } from './session/session.ts';
import type { SessionOptions } from './session/session-options.ts';

/**
 * Starts a session and waits until it is there. Rejects with `CONNECT_TIMEOUT` after `connectTimeoutMs`, with the
 * signal's reason, or with what the session ended by; the session is then for the caller to close.
 */
export async function firstSession(
  session: Session,
  { clock, connectTimeoutMs }: SessionOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const expire = () => reject(connectTimeout(session, connectTimeoutMs));
  const timer = clock.setTimeout(expire, connectTimeoutMs);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([session.start(), givenUp]);
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', abort);
  }
}

function connectTimeout(session: Session, timeoutMs: number): ZooKeeperError {
  const reasons = [...session.failures].map(([host, why]) => `${host}: ${why}`);
  const tried = reasons.length === 0 ? 'no host has answered yet' : reasons.join('; ');
  const message = `no ZooKeeper session within ${timeoutMs} ms (${tried}); check the connect string and that the servers run`;
  return new ZooKeeperError('CONNECT_TIMEOUT', message);
}
