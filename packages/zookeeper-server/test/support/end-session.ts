import { OpCode } from '@mpim/zookeeper/protocol';
import { RawClient } from './raw-client.ts';

/**
 * Ends a session under its client, as if it had expired: takes it over on a second connection and closes it
 * there. The client is cut off, and told when it comes back.
 */
export async function endSession(
  port: number,
  session: { readonly sessionId: bigint; readonly password: Buffer },
): Promise<void> {
  using client = await RawClient.open(port, { ...session, timeoutMs: 10_000 });
  if (client.session?.sessionId !== session.sessionId) throw new Error('there is no such session');
  await client.request(OpCode.closeSession);
}
