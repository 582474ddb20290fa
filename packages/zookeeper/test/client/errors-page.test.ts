import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type SessionState,
  ZooKeeperClient,
  ZooKeeperError,
  type ZooKeeperErrorCode,
} from '@mpim/zookeeper';
import { ErrorCode } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { zooKeeperErrorCode } from '../../src/client/errors.ts';
import { SHORT_SESSION_MS, stateOf, TICK_MS } from './suite/server-under-test.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/zookeeper-client-errors.md');
/** Those that no server sends. */
const OURS: ZooKeeperErrorCode[] = [
  'CLOSED',
  'CONNECT_TIMEOUT',
  'UNKNOWN_ERROR',
  'LOCK_LOST',
  'NO_CLIENT_ADDRESS',
];
/** All of them; the compiler knows. */
const STATES: Record<SessionState['kind'], true> = {
  connecting: true,
  connected: true,
  'read-only': true,
  suspended: true,
  expired: true,
  'auth-failed': true,
  closed: true,
};

/** The rows of the table below a heading, cell by cell, without its head. */
async function table(heading: string): Promise<string[][]> {
  const text = await readFile(PAGE, 'utf8');
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const lines = section.split('\n## ')[0]?.split('\n') ?? [];
  const rows = lines.filter((line) => line.startsWith('|')).slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function quoted(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

describe('the page on states and errors', () => {
  it('has each code once, and says of each whether it is retryable', async () => {
    const rows = await table('Codes');
    const listed = rows.flatMap(([codes]) => quoted(codes)).sort();
    const known = [...Object.values(ErrorCode).map(zooKeeperErrorCode), ...OURS];
    assert.deepEqual(listed, [...new Set(known)].sort());
    for (const [codes, , retryable] of rows) {
      if (retryable === '-') continue;
      for (const code of quoted(codes)) {
        const error = new ZooKeeperError(code as ZooKeeperErrorCode, 'for its facts');
        assert.equal(error.retryable ? 'yes' : 'no', retryable, code);
      }
    }
  });

  it('has each state, and each way that a client goes from one to another', async () => {
    const rows = await table('States');
    assert.deepEqual(rows.flatMap(([state]) => quoted(state)).sort(), Object.keys(STATES).sort());
    const ways = new Map(rows.map(([state, , , , goesTo]) => [quoted(state)[0], quoted(goesTo)]));
    const seen = new Set<string>();
    const missing: string[] = [];
    const follow = (zk: ZooKeeperClient) => {
      let from = zk.state.kind;
      zk.on('state', ({ kind }) => {
        const way = `${from} → ${kind}`;
        seen.add(way);
        if (ways.get(from)?.includes(kind) !== true) missing.push(way);
        from = kind;
      });
      return zk;
    };

    await using server = await ZooKeeperServer.start({ tickTimeMs: TICK_MS });
    const options = {
      connectString: server.connectString,
      sessionTimeoutMs: SHORT_SESSION_MS,
      auth: [{ scheme: 'digest', auth: 'ann:secret' }],
    };
    const renewing = follow(
      ZooKeeperClient.startConnecting({ ...options, renewExpiredSession: true }),
    );
    const final = follow(ZooKeeperClient.startConnecting(options));
    const refused = follow(
      ZooKeeperClient.startConnecting({ ...options, auth: [{ scheme: 'none', auth: 'x' }] }),
    );
    await Promise.all([
      stateOf(renewing, 'connected'),
      stateOf(final, 'connected'),
      stateOf(refused, 'auth-failed'),
    ]);
    server.dropConnections();
    await stateOf(renewing, 'suspended');
    await stateOf(renewing, 'connected');
    await stateOf(final, 'connected');
    const renewed = stateOf(renewing, 'expired');
    await server.expireSession(renewing.sessionId);
    await server.expireSession(final.sessionId);
    await Promise.all([renewed, stateOf(final, 'expired')]);
    await stateOf(renewing, 'connected');
    for (const zk of [renewing, final, refused]) await zk.close();
    await Promise.all([renewing, final, refused].map((zk) => stateOf(zk, 'closed')));
    // A turn, so that the last ones are told.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(missing, [], 'not on the page');
    const expected = [
      'connecting → connected',
      'connected → suspended',
      'suspended → connected',
      'suspended → expired',
      'expired → connecting',
      'connected → auth-failed',
      'connected → closed',
      'expired → closed',
      'auth-failed → closed',
    ];
    for (const way of expected) assert.ok(seen.has(way), `${way} was not seen: ${[...seen]}`);
  });
});
