import type { Logger } from '../logger.ts';

/** Tells of a TLS handshake that failed; who only hangs up, as a load balancer's check does, is worth no warning. */
export function logFailedHandshake(
  logger: Logger,
  address: string | undefined,
  error: Error,
): void {
  const { code, reason = error.message } = error as NodeJS.ErrnoException & { reason?: string };
  const level = code === 'ECONNRESET' ? 'debug' : 'warn';
  logger[level]({ address, code, error: reason }, 'TLS handshake failed');
}
