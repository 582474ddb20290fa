import type { JuteWriter } from '@mpim/zookeeper/protocol';
import { RawClient } from './raw-client.ts';

/** Writes a request's body, or a part of it. */
export type Write = (output: JuteWriter) => void;

/** What a client sees of one request, but for the values in the answer. */
export interface Outcome {
  /** Code of the answer; `closed` if the connection ended without one. */
  readonly answer: number | 'closed';
  readonly bodyBytes: number;
  readonly hasZxid: boolean;
  /** Types of the events that came before the answer to the ping behind it. */
  readonly events: readonly number[];
  /** Whether the connection goes on. */
  readonly goesOn: boolean;
}

/** Sends one request over a connection of its own. */
export async function outcomeOf(
  port: number,
  { op, body, xid }: { op: number; body: Write; xid?: number | undefined },
): Promise<Outcome> {
  using client = await RawClient.open(port);
  const reply = await client.request(op, body, xid);
  await client.ping();
  // Apache ZooKeeper closes a moment after it has answered, and a first ping may come in between.
  const pong = await client.ping();
  return {
    answer: reply?.error ?? 'closed',
    bodyBytes: reply?.error === 0 ? reply.body.remaining : 0,
    hasZxid: (reply?.zxid ?? 0n) !== 0n,
    events: client.events.map(({ type }) => type),
    goesOn: pong !== null,
  };
}
