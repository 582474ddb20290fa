import assert from 'node:assert/strict';
import { waitFor } from '@mpim/testkit';
import {
  type SessionState,
  untilAnswered,
  type ZooKeeperClient,
  ZooKeeperError,
} from '@mpim/zookeeper';

type Kind = SessionState['kind'];

/** The transitions that `SessionState` documents. */
const TRANSITIONS: Readonly<Record<Kind, readonly Kind[]>> = {
  connecting: ['connected', 'read-only', 'expired', 'auth-failed', 'closed'],
  connected: ['suspended', 'auth-failed', 'closed'],
  'read-only': ['connected', 'suspended', 'expired', 'auth-failed', 'closed'],
  suspended: ['connected', 'read-only', 'expired', 'auth-failed', 'closed'],
  expired: ['connecting', 'closed'],
  'auth-failed': ['closed'],
  closed: [],
};

const CALL_TIMEOUT_MS = 4000;
/** A call may end so much later than its timeout on a busy machine. */
const GRACE_MS = 2000;
const WRITERS = 4;

/**
 * Lets a fault happen to a client that writes, reads and watches without pause, and checks what a client is for:
 *
 * - what was acknowledged is there, and what surely was not applied (`sent: false`) is not;
 * - no call ends later than its timeout;
 * - a watch tells of each change once: none is missed and none told twice;
 * - states change as documented, and the session with its ephemeral is the same as before.
 *
 * The client needs a tree of its own (`connectToFreshTree`) and a session that outlives the fault.
 */
export async function keepsItsPromises(
  zk: ZooKeeperClient,
  happens: () => Promise<void>,
): Promise<void> {
  const id = zk.sessionId;
  const states: Kind[] = [zk.state.kind];
  const listen = (state: SessionState) => states.push(state.kind);
  zk.on('state', listen);
  await Promise.all(['/written', '/counter'].map((path) => zk.create(path, '0')));
  await zk.create('/ephemeral', null, { mode: 'ephemeral' });
  const { watch: untouched } = await zk.getAndWatch('/ephemeral');
  const stop = new AbortController();
  const writers = Array.from({ length: WRITERS }, (_, index) => writeOn(zk, index, stop.signal));
  const counting = countUp(zk, stop.signal);
  const progress = { events: 0, value: '' };
  const watching = watchCounter(zk, progress);

  // What fails first is told by the test; the others only follow.
  for (const each of [...writers, counting, watching]) each.catch(() => {});
  try {
    await happens();
  } finally {
    stop.abort();
  }
  const written = await Promise.all(writers);
  const last = await counting;
  await untilAnswered(() => zk.set('/counter', 'end'));
  // A change that is never told would leave it waiting for ever.
  await waitFor(() => progress.value === 'end', { what: 'the watch to tell of the last change' });
  await watching;

  await untilAnswered(() => zk.sync('/'));
  const there = new Set((await untilAnswered(() => zk.children('/written'))).children);
  for (const { acknowledged, refused } of written) {
    for (const name of acknowledged) assert.ok(there.has(name), `${name} was acknowledged`);
    for (const name of refused) assert.ok(!there.has(name), `${name} was surely not applied`);
  }
  assert.ok(written.some(({ acknowledged }) => acknowledged.length > 0));
  // Two changes while nobody watches are one event; more events than changes would be one told twice.
  assert.ok(
    progress.events <= last.changes + 1,
    `${progress.events} events of ${last.changes} changes`,
  );

  assert.equal(zk.sessionId, id);
  assert.equal((await zk.get('/ephemeral')).stat.ephemeralOwner, id);
  await zk.set('/ephemeral', 'x');
  assert.deepEqual(await untouched.event, { type: 'changed', path: '/ephemeral' });
  zk.off('state', listen);
  for (const [at, kind] of states.entries()) {
    const before = states[at - 1];
    if (before !== undefined) assert.ok(TRANSITIONS[before].includes(kind), states.join(' → '));
  }
}

/** Creates node after node and notes what becomes of each. */
async function writeOn(zk: ZooKeeperClient, index: number, signal: AbortSignal) {
  const acknowledged: string[] = [];
  const refused: string[] = [];
  for (let i = 0; !signal.aborted; i++) {
    const name = `${index}-${i}`;
    const error = await inTime(() =>
      zk.create(`/written/${name}`, null, { timeoutMs: CALL_TIMEOUT_MS }),
    );
    if (error === null) acknowledged.push(name);
    else if (!error.sent) refused.push(name);
  }
  return { acknowledged, refused };
}

/** Sets the counter as often as it can; answers with how many changes there may have been. */
async function countUp(zk: ZooKeeperClient, signal: AbortSignal): Promise<{ changes: number }> {
  let changes = 0;
  while (!signal.aborted) {
    const error = await inTime(() =>
      zk.set('/counter', String(changes + 1), { timeoutMs: CALL_TIMEOUT_MS }),
    );
    if (error === null || error.sent) changes += 1;
  }
  return { changes };
}

/** Follows the counter by one-shot watches until it says `end`, and keeps the record. */
async function watchCounter(
  zk: ZooKeeperClient,
  progress: { events: number; value: string },
): Promise<void> {
  for (let seen = -1; ; progress.events++) {
    const { data, stat, watch } = await untilAnswered(() => zk.getAndWatch('/counter'));
    assert.ok(stat.version >= seen, `version ${stat.version} after ${seen}`);
    seen = stat.version;
    progress.value = String(data);
    if (progress.value === 'end') return;
    assert.deepEqual(await watch.event, { type: 'changed', path: '/counter' });
  }
}

/** Makes a call that has a timeout, and answers with what it failed with. */
async function inTime(call: () => Promise<unknown>): Promise<ZooKeeperError | null> {
  const began = performance.now();
  try {
    await call();
    return null;
  } catch (error) {
    assert.ok(error instanceof ZooKeeperError, String(error));
    assert.ok(['CONNECTION_LOSS', 'OPERATION_TIMEOUT'].includes(error.code), error.message);
    return error;
  } finally {
    const tookMs = performance.now() - began;
    assert.ok(tookMs < CALL_TIMEOUT_MS + GRACE_MS, `a call took ${tookMs} ms`);
  }
}
