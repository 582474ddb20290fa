import assert from 'node:assert/strict';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { describeReply, type Names } from './describe-reply.ts';
import { RawClient, type Received, requestFrame } from './raw-client.ts';
import { type Burst, requestOf, type Script, SESSIONS } from './script.ts';

const NO_NODE = -101;
const LONG_MS = 30_000;
/** The server takes it for as short as it allows. */
const SHORT_MS = 1;

/** One server while it runs a script: the sessions, and what they get to see in words that fit every server. */
export class ScriptSubject implements Disposable {
  readonly #port: number;
  readonly #script: Script;
  readonly #root: string;
  readonly #clients: RawClient[] = [];
  readonly #sessionIds: bigint[] = [];
  /** How much of what each client received was told. */
  readonly #told = new WeakMap<RawClient, number>();
  #baseZxid = 0n;
  #nextXid = 1;

  private constructor(port: number, script: Script, root: string) {
    this.#port = port;
    this.#script = script;
    this.#root = root;
  }

  /** Opens the sessions and makes `root`, which must not exist. */
  static async begin(port: number, script: Script, root: string): Promise<ScriptSubject> {
    const subject = new ScriptSubject(port, script, root);
    for (let i = 0; i < SESSIONS; i++) await subject.#open(i);
    for (const path of [root, `/zookeeper/quota${root}`]) {
      const value = { path, data: null, acl: OPEN_ACL, flags: createModeFlags('persistent') };
      const reply = await subject
        .#client(0)
        .request(OpCode.create, (output) => writeCreateRequest(output, value), subject.#nextXid++);
      assert.equal(reply?.error, 0, `${path} cannot be made`);
    }
    const pong = await subject.#client(0).ping();
    subject.#baseZxid = pong?.zxid ?? 0n;
    for (let i = 0; i < SESSIONS; i++) subject.#takeReceived(i);
    return subject;
  }

  /** Runs a burst and tells what every session got to see of it. */
  async run(burst: Burst): Promise<object> {
    const [{ kind, session }] = burst;
    if (kind === 'request') return this.#requests(burst);
    let outcome: object = {};
    if (kind === 'close') outcome = await this.#close(session);
    else if (kind === 'expire') await this.#expire(session);
    if (kind === 'reconnect') await this.#reconnect(session, LONG_MS);
    else await this.#open(session);
    // The nodes of a session go in no particular order.
    const events = (await this.#barrier()).map((seen) => seen.map((each) => JSON.stringify(each)));
    return { outcome, events: events.map((seen) => seen.sort()) };
  }

  /** Closes all sessions. */
  async end(): Promise<void> {
    for (let i = 0; i < SESSIONS; i++) {
      if (!this.#client(i).closed) await this.#close(i);
    }
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client[Symbol.dispose]();
  }

  async #requests(burst: Burst): Promise<object> {
    const { session } = burst[0];
    const client = this.#client(session);
    const requests = burst.map((step) => requestOf(step, this.#script, this.#root));
    const from = client.received.length;
    const frames = requests.map(({ op, write }) =>
      requestFrame(op, this.#nextXid++, (output) => write(output, this.#baseZxid)),
    );
    client.socket.write(Buffer.concat(frames));
    let replies = 0;
    let counted = from;
    await client.until(() => {
      for (; counted < client.received.length; counted++) {
        if (client.received[counted]?.kind === 'reply') replies++;
      }
      return replies === requests.length;
    });
    const operations = requests.map(({ op }) => op);
    const own = this.#takeReceived(session, operations);
    const isClosed = client.closed;
    if (isClosed) await this.#reconnect(session, LONG_MS);
    return { own, isClosed, events: await this.#barrier() };
  }

  /** Waits until everybody has heard of all that has happened, and tells what. */
  async #barrier(): Promise<object[][]> {
    await Promise.all(this.#clients.map((client) => client.ping()));
    return this.#clients.map((_, i) => this.#takeReceived(i));
  }

  /** What a client received since the last time, but for the answers to pings. */
  #takeReceived(session: number, operations: number[] = []): object[] {
    const client = this.#client(session);
    const fresh = client.received.slice(this.#told.get(client) ?? 0);
    this.#told.set(client, client.received.length);
    const names: Names = { baseZxid: this.#baseZxid, sessions: this.#sessionIds };
    const expected = operations.values();
    return fresh.flatMap((item) => this.#describe(item, expected, names));
  }

  #describe(item: Received, operations: IterableIterator<number>, names: Names): object[] {
    if (item.kind === 'event') return [{ ...item.event, path: this.#short(item.event.path) }];
    const next = operations.next();
    return next.done === true ? [] : [describeReply(next.value, item.reply, names)];
  }

  #short(path: string | null): string | null {
    return path?.startsWith(this.#root) === true ? path.slice(this.#root.length) : path;
  }

  async #close(session: number): Promise<object> {
    const client = this.#client(session);
    const reply = await client.request(OpCode.closeSession, undefined, this.#nextXid++);
    await client.whenClosed();
    return { error: reply?.error, zxid: String((reply?.zxid ?? 0n) - this.#baseZxid) };
  }

  async #open(session: number): Promise<void> {
    const client = await RawClient.open(this.#port, { timeoutMs: LONG_MS });
    this.#clients[session] = client;
    this.#sessionIds.push(client.session?.sessionId ?? 0n);
  }

  async #reconnect(session: number, timeoutMs: number): Promise<void> {
    const before = this.#client(session);
    assert.ok(before.session);
    before.socket.destroy();
    const client = await RawClient.open(this.#port, { ...before.session, timeoutMs });
    assert.equal(client.session?.sessionId, before.session.sessionId, 'the session is gone');
    this.#clients[session] = client;
  }

  /** A node of the session tells when it has expired. */
  async #expire(session: number): Promise<void> {
    await this.#reconnect(session, SHORT_MS);
    // Beside the root, where no quota counts.
    const path = `${this.#root}-expires`;
    const value = { path, data: null, acl: OPEN_ACL, flags: createModeFlags('ephemeral') };
    const write = (output: Parameters<typeof writeCreateRequest>[0]): void =>
      writeCreateRequest(output, value);
    const made = await this.#client(session).request(OpCode.create, write, this.#nextXid++);
    assert.equal(made?.error, 0);
    const other = this.#client((session + 1) % SESSIONS);
    this.#client(session).socket.destroy();
    for (let error = 0; error !== NO_NODE; ) {
      const reply = await other.request(
        OpCode.exists,
        (output) => writePathWatchRequest(output, { path, watch: false }),
        this.#nextXid++,
      );
      error = reply?.error ?? NO_NODE;
    }
  }

  #client(session: number): RawClient {
    const client = this.#clients[session];
    assert.ok(client);
    return client;
  }
}
