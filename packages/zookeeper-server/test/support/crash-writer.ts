import assert from 'node:assert/strict';
import { waitFor } from '@mpim/testkit';
import {
  type ConnectResponse,
  createModeFlags,
  JuteReader,
  OPEN_ACL,
  OpCode,
  readCreateResponse,
  readGetDataResponse,
  readStatResponse,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { RawClient, type RawReply, requestFrame } from './raw-client.ts';

/** Requests that are under way at once. */
const WINDOW = 32;
const NODE_EXISTS = -110;

/** What has been promised to clients over all rounds; the server may never fall behind it. */
export class Promises {
  /** Highest version seen of each writer's node, by a write's or a read's answer. */
  readonly versions = new Map<string, number>();
  /** Sequential nodes whose creation was acknowledged. */
  readonly created: string[] = [];
  highestZxid = 0n;

  sawVersion(path: string, version: number): void {
    this.versions.set(path, Math.max(version, this.versions.get(path) ?? 0));
  }
}

/**
 * Writes to a node of its own and makes sequential nodes, as fast as the answers come, until the server is
 * gone; notes every promise. Data and version of its node always go together.
 */
export class CrashWriter {
  readonly path: string;
  readonly #promises: Promises;
  #client: RawClient | null = null;

  constructor(index: number, promises: Promises) {
    this.path = `/writer-${index}`;
    this.#promises = promises;
  }

  get ephemeralPath(): string {
    return `${this.path}-alive`;
  }

  /** Its session, once it has one. */
  get session(): ConnectResponse | null {
    return this.#client?.session ?? null;
  }

  /** Takes up its session on a server that was started again, or begins one, and makes its nodes. */
  async connect(port: number): Promise<void> {
    const session = this.#client?.session ?? {};
    const client = await RawClient.open(port, {
      ...session,
      timeoutMs: 40_000,
      lastZxidSeen: this.#promises.highestZxid,
    });
    const before = this.#client?.session?.sessionId;
    assert.ok(client.session, 'the server is behind what its clients have seen');
    if (before !== undefined) assert.equal(client.session.sessionId, before, 'the session is gone');
    this.#client = client;
    await this.#ensure(this.path, 'persistent');
    await this.#ensure(this.ephemeralPath, 'ephemeral');
  }

  /** Checks that nothing promised is missing. */
  async verify(): Promise<void> {
    const { data, stat } = await this.#read(this.path);
    const promised = this.#promises.versions.get(this.path) ?? 0;
    assert.ok(stat.version >= promised, `${this.path}: ${stat.version} after ${promised}`);
    if (stat.version > 0) assert.equal(data?.toString(), String(stat.version));
    this.#promises.sawVersion(this.path, stat.version);
  }

  /** Writes until the connection is gone. */
  async run(): Promise<void> {
    const client = this.#connected();
    let version = this.#promises.versions.get(this.path) ?? 0;
    const sent: ((reply: RawReply) => void)[] = [];
    for (let xid = 1000; !client.closed; xid++) {
      const done = client.received.length - this.#base(client);
      if (sent.length - done >= WINDOW) {
        await waitFor(() => client.received.length - this.#base(client) > done || client.closed, {
          intervalMs: 1,
          timeoutMs: 60_000,
        });
        continue;
      }
      if (xid % 3 === 0) sent.push(this.#sendCreate(client, xid));
      else if (xid % 3 === 1) sent.push(this.#sendSet(client, xid, ++version));
      else sent.push(this.#sendGet(client, xid));
    }
    const replies = client.received.slice(this.#base(client));
    for (const [i, item] of replies.entries()) {
      if (item.kind !== 'reply') continue;
      assert.equal(item.reply.error, 0, `request ${i} of ${this.path}`);
      sent[i]?.(item.reply);
    }
  }

  #bases = new WeakMap<RawClient, number>();

  /** How many answers had come before it began to run. */
  #base(client: RawClient): number {
    const base = this.#bases.get(client) ?? client.received.length;
    this.#bases.set(client, base);
    return base;
  }

  #sendCreate(client: RawClient, xid: number): (reply: RawReply) => void {
    const flags = createModeFlags('persistent-sequential');
    const value = { path: '/seq/n-', data: null, acl: OPEN_ACL, flags };
    client.socket.write(requestFrame(OpCode.create, xid, (out) => writeCreateRequest(out, value)));
    return ({ zxid, body }) => {
      this.#saw(zxid);
      this.#promises.created.push(readCreateResponse(body).path);
    };
  }

  #sendSet(client: RawClient, xid: number, version: number): (reply: RawReply) => void {
    const value = { path: this.path, data: Buffer.from(String(version)), version: version - 1 };
    client.socket.write(
      requestFrame(OpCode.setData, xid, (out) => writeSetDataRequest(out, value)),
    );
    return ({ zxid, body }) => {
      this.#saw(zxid);
      const { stat } = readStatResponse(body);
      assert.equal(stat.version, version);
      this.#promises.sawVersion(this.path, stat.version);
    };
  }

  /** What a read has shown is promised too. */
  #sendGet(client: RawClient, xid: number): (reply: RawReply) => void {
    const value = { path: '/writer-0', watch: false };
    client.socket.write(
      requestFrame(OpCode.getData, xid, (out) => writePathWatchRequest(out, value)),
    );
    return ({ zxid, body }) => {
      this.#saw(zxid);
      this.#promises.sawVersion(value.path, readGetDataResponse(body).stat.version);
    };
  }

  #saw(zxid: bigint): void {
    if (zxid > this.#promises.highestZxid) this.#promises.highestZxid = zxid;
  }

  async #ensure(path: string, mode: 'persistent' | 'ephemeral'): Promise<void> {
    const isNew = !this.#ensured.has(path);
    const value = { path, data: Buffer.from('0'), acl: OPEN_ACL, flags: createModeFlags(mode) };
    const reply = await this.#connected().request(OpCode.create, (out) =>
      writeCreateRequest(out, value),
    );
    assert.ok(reply);
    // The ephemeral node must have come through with the session.
    assert.equal(reply.error, isNew ? 0 : NODE_EXISTS, path);
    this.#ensured.add(path);
  }

  readonly #ensured = new Set<string>();

  async #read(path: string) {
    const value = { path, watch: false };
    const reply = await this.#connected().request(OpCode.getData, (out) =>
      writePathWatchRequest(out, value),
    );
    assert.equal(reply?.error, 0);
    return readGetDataResponse(reply?.body ?? new JuteReader(Buffer.alloc(0)));
  }

  #connected(): RawClient {
    assert.ok(this.#client);
    return this.#client;
  }
}
