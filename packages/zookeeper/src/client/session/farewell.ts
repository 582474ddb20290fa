import { Call } from '../calls/call.ts';
import type { Clock } from '../clock.ts';
import type { Connection } from '../connection/connection.ts';
import { closeSession, exists } from '../operations/operation.ts';

/** How long {@link farewell} waits for the server's answer. */
const LONGEST_MS = 2000;

/** How a client takes its leave. */
export interface CloseOptions {
  /** Leaves the session and its ephemerals as they are, for who takes it up before it expires. False unless told. */
  keepSession?: boolean | undefined;
}

/**
 * Ends the connection's session on the server, or with `keepSession` only asks it something; resolves with its answer,
 * with the end of the connection, which is as good, or after two seconds. A read-only server cannot end the session, but
 * answers behind all it was asked before.
 */
export async function farewell(
  connection: Connection,
  clock: Clock,
  { keepSession = false }: CloseOptions = {},
): Promise<void> {
  const call = keepSession
    ? new Call(exists, { path: '/', watch: false }, '/')
    : new Call(closeSession, undefined, '');
  connection.send(call);
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, LONGEST_MS);
  await Promise.race([call.promise.catch(() => {}), timeout]);
  timer.cancel();
}
