import { type ConnectionState, MpimClient, type MpimError } from '../../src/index.ts';
import type { FakeGateway } from './fake-gateway.ts';

/** Times short enough for tests. */
const QUICK = {
  requestTimeoutMs: 5000,
  attemptTimeoutMs: 1000,
  syncIntervalMs: 60_000,
  reconnectMinMs: 5,
  reconnectMaxMs: 20,
  holeDelayMs: 5,
};

/** A client and everything it said. */
export interface Recording {
  readonly client: MpimClient;
  /** `message` and `sent` events in their order, as `conversation/seq:text`, sent ones with `!`. */
  readonly events: string[];
  readonly states: ConnectionState[];
  readonly errors: MpimError[];
}

/** A client of `user` at the fake gateway, not started yet. */
export function record(
  gateway: FakeGateway,
  user: string,
  overrides: Partial<typeof QUICK> = {},
): Recording {
  const client = new MpimClient({
    gateway: gateway.address,
    token: `token-${user}`,
    ...QUICK,
    ...overrides,
  });
  const recording: Recording = { client, events: [], states: [], errors: [] };
  client.on('message', ({ conversationId, seq, content }) => {
    recording.events.push(`${conversationId}/${seq}:${content?.text}`);
  });
  client.on('sent', ({ conversationId, seq, content }) => {
    recording.events.push(`${conversationId}/${seq}:${content?.text}!`);
  });
  client.on('state', (state) => recording.states.push(state));
  client.on('error', (error) => recording.errors.push(error));
  return recording;
}
