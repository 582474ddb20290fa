import assert from 'node:assert/strict';
import { ApacheZooKeeper } from '@mpim/testkit';
import { OpCode } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { describeReply, type Names } from './describe-reply.ts';
import { Dice } from './dice.ts';
import { type ScriptedRequest, ScriptWriter } from './operations.ts';
import { RawClient } from './raw-client.ts';

const SESSIONS = 3;

/** One server and the sessions a script has on it. */
class Subject implements Disposable {
  readonly #port: number;
  readonly #clients: RawClient[] = [];
  readonly #sessionIds: bigint[] = [];
  #baseZxid = 0n;

  constructor(port: number) {
    this.#port = port;
  }

  async start(): Promise<void> {
    for (let i = 0; i < SESSIONS; i++) await this.open(i);
    // The opening of each session took one zxid.
    const pong = await this.#clients[0]?.ping();
    this.#baseZxid = (pong?.zxid ?? 0n) - BigInt(SESSIONS);
  }

  async open(index: number): Promise<void> {
    const client = await RawClient.open(this.#port, { timeoutMs: 30_000 });
    this.#clients[index] = client;
    this.#sessionIds.push(client.session?.sessionId ?? 0n);
  }

  /** Runs one step and tells what every session got to see of it. */
  async run(index: number, { op, write }: ScriptedRequest): Promise<object> {
    const client = this.#clients[index];
    assert.ok(client);
    const names: Names = { baseZxid: this.#baseZxid, sessions: this.#sessionIds };
    const reply = describeReply(op, await client.request(op, write), names);
    if (op === OpCode.closeSession) {
      await client.whenClosed();
      await this.open(index);
    }
    for (const other of this.#clients) await other.ping();
    const events = this.#clients.map((each) => each.takeEvents());
    // The nodes of a session go in no particular order.
    const fix = (seen: object[]) =>
      op === OpCode.closeSession ? seen.map((event) => JSON.stringify(event)).sort() : seen;
    return { reply, events: events.map(fix) };
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client[Symbol.dispose]();
  }
}

const CLOSE: ScriptedRequest = { op: OpCode.closeSession, label: 'closeSession', write: () => {} };

/**
 * Sends the same requests to Apache ZooKeeper and to ours, over three sessions each, and asserts after
 * each one that the reply and the events seen by all sessions are the same.
 */
export async function compareWithApache(seed: number, steps: number): Promise<void> {
  await using apache = await ApacheZooKeeper.start({ forceSync: 'no' });
  await using server = await ZooKeeperServer.start({ extendedTypes: true });
  using expected = new Subject(apache.port);
  using actual = new Subject(server.port);
  await Promise.all([expected.start(), actual.start()]);
  const dice = new Dice(seed);
  const script = new ScriptWriter(dice);
  for (let step = 0; step < steps; step++) {
    const index = dice.below(SESSIONS);
    const request = dice.chance(3) ? CLOSE : script.next();
    const [theirs, ours] = await Promise.all([
      expected.run(index, request),
      actual.run(index, request),
    ]);
    assert.deepEqual(ours, theirs, `step ${step}, session ${index}: ${request.label}`);
  }
}
