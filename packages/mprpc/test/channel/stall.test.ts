import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Child, FaultProxy, waitFor } from '@mpim/testkit';
import { RoundRobinBalancer, RpcError } from '../../src/index.ts';
import { spawnProvider } from '../support/spawn-provider.ts';
import { connect } from '../support/test-service.ts';

const DEADLINE_MS = 1500;

interface Outcome {
  id: string;
  startedAt: number;
  tookMs: number;
  by: string | RpcError;
}

/** Calls every 5 ms, without waiting for answers, until told to stop; resolves with what became of each. */
function steadyCalls(call: (id: string) => Promise<{ text: string }>) {
  const outcomes: Outcome[] = [];
  const pending: Promise<void>[] = [];
  let count = 0;
  const timer = setInterval(() => {
    const id = `hold-${++count}`;
    const startedAt = performance.now();
    const done = (by: string | RpcError) => {
      outcomes.push({ id, startedAt, tookMs: performance.now() - startedAt, by });
    };
    pending.push(
      call(id).then(
        ({ text }) => done(text),
        (error: RpcError) => done(error),
      ),
    );
  }, 5);
  return {
    outcomes,
    async stop(): Promise<Outcome[]> {
      clearInterval(timer);
      await Promise.all(pending);
      return outcomes;
    },
  };
}

type Client = ReturnType<typeof connect>['client'];

async function onlyOne(responses: AsyncIterable<{ text: string }>): Promise<{ text: string }> {
  const all = await Array.fromAsync(responses);
  assert.equal(all.length, 1);
  return all[0] as { text: string };
}

/** Two calls of a kind follow each other, for instances are chosen in turn too. */
function kindOf(id: string): number {
  return Math.floor(Number(id.slice('hold-'.length)) / 2) % 4;
}

/** The kinds of calls in turn, none of which may be applied twice. */
function everyKind(client: Client): (id: string) => Promise<{ text: string }> {
  const options = { deadlineMs: DEADLINE_MS };
  const kinds = [
    (text: string) => client.change({ text }, options),
    (text: string) => client.collect([{ text }], options),
    (text: string) => onlyOne(client.list({ text }, options)),
    (text: string) => onlyOne(client.chat([{ text }], options)),
  ];
  return (id) => (kinds[kindOf(id)] as (typeof kinds)[0])(id);
}

/** How many calls of each kind ended badly. */
function failuresByKind(outcomes: readonly Outcome[]): number[] {
  const failures = [0, 0, 0, 0];
  for (const { id, by } of outcomes) {
    const kind = kindOf(id);
    if (by instanceof RpcError) failures[kind] = (failures[kind] ?? 0) + 1;
  }
  return failures;
}

/** Half a second of calls after the first second of the fault. */
const untilSettled = (faultAt: number) =>
  waitFor(() => performance.now() - faultAt > 1500, { what: 'the second after the fault' });

function assertNoneHung(outcomes: readonly Outcome[]): void {
  // The runner's own stalls are allowed for.
  for (const { id, tookMs } of outcomes) assert.ok(tookMs < DEADLINE_MS + 1000, `${id}: ${tookMs}`);
}

function assertMovedAway(outcomes: readonly Outcome[], faultAt: number, healthy: Child): void {
  const later = outcomes.filter(({ startedAt }) => startedAt > faultAt + 1000);
  assert.ok(later.length > 20);
  for (const { id, by } of later) assert.equal(by, String(healthy.pid), id);
}

describe('a fault under load of calls of every kind', { concurrency: true }, () => {
  test('a stopped process gets no calls after a second, and gets them again when it goes on', async () => {
    await using bad = await spawnProvider();
    await using good = await spawnProvider();
    await using peer = connect([bad.port, good.port], {
      balancer: new RoundRobinBalancer(),
      defaultDeadlineMs: DEADLINE_MS,
    });
    const calls = steadyCalls(everyKind(peer.client));
    await waitFor(() => calls.outcomes.some(({ by }) => by === String(bad.pid)));
    bad.kill('SIGSTOP');
    const faultAt = performance.now();
    await untilSettled(faultAt);
    const someHung = () => failuresByKind(calls.outcomes).every((failures) => failures > 0);
    await waitFor(someHung, { what: 'calls of each kind that the stopped process left hanging' });
    const before = calls.outcomes.length;
    bad.kill('SIGCONT');
    await waitFor(() => calls.outcomes.slice(before).some(({ by }) => by === String(bad.pid)));
    const outcomes = await calls.stop();
    assertNoneHung(outcomes);
    const until = faultAt + 1500;
    assertMovedAway(
      outcomes.filter(({ startedAt }) => startedAt < until - 10),
      faultAt,
      good,
    );
    await assertAppliedOnce(outcomes, [bad, good]);
  });

  test('so does an address behind which everything vanishes', async () => {
    await using bad = await spawnProvider();
    await using good = await spawnProvider();
    await using proxy = await FaultProxy.start(bad.port);
    await using peer = connect([proxy.port, good.port], {
      balancer: new RoundRobinBalancer(),
      defaultDeadlineMs: DEADLINE_MS,
    });
    const calls = steadyCalls(everyKind(peer.client));
    await waitFor(() => calls.outcomes.some(({ by }) => by === String(bad.pid)));
    proxy.blackhole();
    const faultAt = performance.now();
    await untilSettled(faultAt);
    const outcomes = await calls.stop();
    assertNoneHung(outcomes);
    assertMovedAway(outcomes, faultAt, good);
    assert.ok(
      failuresByKind(outcomes).every((failures) => failures > 0),
      'some of each kind hung',
    );
    const hung = outcomes.filter(({ by }) => by instanceof RpcError);
    for (const { by } of hung) assert.equal((by as RpcError).code, 'DEADLINE_EXCEEDED');
    // Now the held back requests reach the server: applied late, but no more than once.
    proxy.heal();
    await assertAppliedOnce(outcomes, [bad, good]);
  });

  test('kill -9: what may be repeated succeeds, what may not is applied once at most', async () => {
    await using bad = await spawnProvider();
    await using good = await spawnProvider();
    await using peer = connect([bad.port, good.port], {
      defaultDeadlineMs: DEADLINE_MS,
      // On a busy machine half of many calls are under way there: the budget is not what is looked at here.
      retryBudget: { share: 1 },
    });
    const changes = steadyCalls(everyKind(peer.client));
    const reads = steadyCalls((text) => peer.client.read({ text }));
    await waitFor(() => changes.outcomes.some(({ by }) => by === String(bad.pid)));
    bad.kill('SIGKILL');
    const faultAt = performance.now();
    await untilSettled(faultAt);
    const changed = await changes.stop();
    const read = await reads.stop();
    assertNoneHung([...changed, ...read]);
    assertMovedAway(changed, faultAt, good);
    for (const { by } of read) assert.equal(typeof by, 'string');
    for (const { by } of changed) {
      if (by instanceof RpcError) assert.deepEqual([by.code, by.sent], ['UNAVAILABLE', true]);
    }
    await assertAppliedOnce(changed, [bad, good]);
  });
});

/** Answered: applied once. Failed: once or not at all. */
async function assertAppliedOnce(outcomes: readonly Outcome[], servers: readonly Child[]) {
  const times = (id: string) =>
    servers.flatMap(({ stdout }) => stdout).filter((line) => line === `applied ${id}`).length;
  for (const { id, by } of outcomes) {
    if (by instanceof RpcError) assert.ok(times(id) <= 1, id);
    else await waitFor(() => times(id) === 1, { what: `${id} to be applied once` });
  }
}
