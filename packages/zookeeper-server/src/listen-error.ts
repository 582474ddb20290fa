import { ZooKeeperServerError } from './errors.ts';

/** What to do, by the system's code. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'choose another port or stop what uses it',
  EACCES: 'the system lets this user not have that port; choose one from 1024 on',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'nobody knows that name',
};

/** The `LISTEN_FAILED` for an address that cannot be had; `what` cannot listen there. */
export function listenError(
  what: string,
  { host, port }: { host: string; port: number },
  cause: unknown,
): ZooKeeperServerError {
  const { code, message: reason } = cause as NodeJS.ErrnoException;
  const advice = ADVICE[code ?? ''] ?? reason;
  const address = host.includes(':') ? `[${host}]` : host;
  const message = `${what} cannot listen on ${address}:${port}: ${advice} (${code})`;
  return new ZooKeeperServerError('LISTEN_FAILED', message, { cause, port });
}
