import type { Clock } from '../clock.ts';
import { ZooKeeperError } from '../errors.ts';
import type { PendingCall } from './call.ts';
import type { CallOptions } from './call-options.ts';

/** Lets a call fail when its caller has waited long enough. Costs nothing for calls without limits. */
export function limited<R>(
  call: PendingCall & { readonly promise: Promise<R> },
  { signal, timeoutMs }: CallOptions,
  clock: Clock,
): Promise<R> {
  if (signal === undefined && timeoutMs === undefined) return call.promise;
  const abort = () => call.fail(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : clock.setTimeout(() => call.fail(timedOut(call, timeoutMs)), timeoutMs);
  return call.promise.finally(() => {
    timer?.cancel();
    signal?.removeEventListener('abort', abort);
  });
}

/** The same for an identity: the wait ends, but it goes on being shown on every connection. */
export async function limitedAuth(
  accepted: Promise<void>,
  scheme: string,
  { signal, timeoutMs }: CallOptions,
  clock: Clock,
): Promise<void> {
  if (signal === undefined && timeoutMs === undefined) return accepted;
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const message = `addAuth ${scheme}: no answer within ${timeoutMs} ms; it is shown on each connection all the same`;
  const expire = () =>
    ended.reject(new ZooKeeperError('OPERATION_TIMEOUT', message, { sent: true }));
  const timer = timeoutMs === undefined ? undefined : clock.setTimeout(expire, timeoutMs);
  try {
    await Promise.race([accepted, ended.promise]);
  } finally {
    timer?.cancel();
    signal?.removeEventListener('abort', abort);
  }
}

function timedOut({ description, path, xid }: PendingCall, timeoutMs: number): ZooKeeperError {
  // A request has its number from the connection that sends it.
  const sent = xid !== 0;
  const within = `within ${timeoutMs} ms`;
  const what = sent
    ? `no answer ${within}; it may have been applied`
    : `no connection ${within}; it was not sent`;
  const message = `${description}: ${what}`;
  return new ZooKeeperError('OPERATION_TIMEOUT', message, { path, sent });
}
