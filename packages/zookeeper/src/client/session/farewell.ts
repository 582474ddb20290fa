import { Call } from '../calls/call.ts';
import type { Clock } from '../clock.ts';
import type { Connection } from '../connection/connection.ts';
import { closeSession } from '../operations/operation.ts';

/** How long {@link farewell} waits for the server to confirm. */
const LONGEST_MS = 2000;

/**
 * Ends the connection's session on the server; resolves with its answer, with the end of the connection, which is as
 * good, or after two seconds. A read-only server cannot end the session, but answers behind all it was asked before.
 */
export async function farewell(connection: Connection, clock: Clock): Promise<void> {
  const call = new Call(closeSession, undefined, '');
  connection.send(call);
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, LONGEST_MS);
  await Promise.race([call.promise.catch(() => {}), timeout]);
  timer.cancel();
}
