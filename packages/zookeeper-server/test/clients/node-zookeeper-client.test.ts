import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  FaultProxy,
  installedNpmPackage,
  missingDebianPackage,
  NODE_ZOOKEEPER_CLIENT,
} from '@mpim/testkit';
import { endSession } from '../support/end-session.ts';
import { TESTED_SERVERS, type TestedServer } from '../support/tested-servers.ts';

type Callback<T> = (error: Error | null, value: T, stat?: Stat) => void;
type Watcher = (event: { getName(): string; getPath(): string }) => void;

interface Stat {
  readonly version: number;
  readonly numChildren: number;
}

interface Transaction {
  create(path: string, data: Buffer): Transaction;
  setData(path: string, data: Buffer, version: number): Transaction;
  check(path: string, version: number): Transaction;
  remove(path: string, version: number): Transaction;
  commit(callback: Callback<unknown[]>): void;
}

/** The part of npm's `node-zookeeper-client` that is exercised. */
interface Client {
  once(event: 'connected' | 'disconnected' | 'expired', listener: () => void): void;
  connect(): void;
  close(): void;
  getSessionId(): Buffer;
  getSessionPassword(): Buffer;
  addAuthInfo(scheme: string, auth: Buffer): void;
  create(path: string, data: Buffer, mode: number, callback: Callback<string>): void;
  mkdirp(path: string, callback: Callback<string>): void;
  exists(path: string, watcher: Watcher, callback: Callback<Stat | null>): void;
  getData(path: string, watcher: Watcher, callback: Callback<Buffer>): void;
  setData(path: string, data: Buffer, version: number, callback: Callback<Stat>): void;
  getChildren(path: string, watcher: Watcher, callback: Callback<string[]>): void;
  getACL(path: string, callback: Callback<{ permission: number }[]>): void;
  setACL(path: string, acls: unknown[], version: number, callback: Callback<Stat>): void;
  remove(path: string, version: number, callback: Callback<undefined>): void;
  transaction(): Transaction;
}

interface Module {
  createClient(hosts: string, options?: { sessionTimeout?: number }): Client;
  readonly CreateMode: Record<string, number>;
  readonly ACL: { CREATOR_ALL_ACL: unknown[] };
}

const missing = await missingDebianPackage('zookeeper');
const folder = await installedNpmPackage(NODE_ZOOKEEPER_CLIENT);
const library = createRequire(join(folder, 'package.json'))('node-zookeeper-client') as Module;

/** The outcome of a call, as a promise. */
function promised<T>(call: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) =>
      error === null || error === undefined ? resolve(value) : reject(error),
    );
  });
}

/** A watcher and the next event it hears. */
function watch(): { watcher: Watcher; event: Promise<string> } {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { watcher: (event) => resolve(`${event.getName()} ${event.getPath()}`), event: promise };
}

/** Resolves when the client says so next. */
function once(client: Client, event: 'connected' | 'disconnected' | 'expired'): Promise<void> {
  return new Promise((resolve) => client.once(event, resolve));
}

async function connected(hosts: string): Promise<Client & Disposable> {
  const client = library.createClient(hosts, { sessionTimeout: 10_000 });
  const ready = once(client, 'connected');
  client.connect();
  await ready;
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

const isCode = (name: string) => (error: unknown) =>
  error instanceof Error && 'name' in error && error.name === name;

for (const [whose, start] of TESTED_SERVERS) {
  describe(`npm's node-zookeeper-client with ${whose}`, { skip: missing ?? false }, () => {
    let server: TestedServer;
    before(async () => {
      server = await start();
    });
    after(() => server[Symbol.asyncDispose]());

    test('creates, reads, changes and deletes', async () => {
      using zk = await connected(server.connectString);
      const { PERSISTENT = 0, EPHEMERAL = 1, PERSISTENT_SEQUENTIAL = 2 } = library.CreateMode;
      const create = (path: string, mode: number) =>
        promised<string>((done) => zk.create(path, Buffer.from('x'), mode, done));
      assert.equal(await create('/create-a', PERSISTENT), '/create-a');
      assert.equal(await create('/create-a/s-', PERSISTENT_SEQUENTIAL), '/create-a/s-0000000000');
      assert.equal(await create('/create-a/e', EPHEMERAL), '/create-a/e');
      await assert.rejects(create('/create-a', PERSISTENT), isCode('NODE_EXISTS'));
      await assert.rejects(
        create('/create-a/e/below', PERSISTENT),
        isCode('NO_CHILDREN_FOR_EPHEMERALS'),
      );
      const set = (version: number) =>
        promised<Stat>((done) => zk.setData('/create-a', Buffer.from('y'), version, done));
      assert.equal((await set(0)).version, 1);
      await assert.rejects(set(0), isCode('BAD_VERSION'));
      const children = await promised<string[]>((done) =>
        zk.getChildren('/create-a', () => {}, done),
      );
      assert.deepEqual(children.sort(), ['e', 's-0000000000']);
      await promised<string>((done) => zk.mkdirp('/create-deep/er', done));
      await promised<undefined>((done) => zk.remove('/create-deep/er', -1, done));
      await promised<undefined>((done) => zk.remove('/create-deep', -1, done));
      const gone = await promised<Stat | null>((done) => zk.exists('/create-deep', () => {}, done));
      assert.equal(gone, null);
      await assert.rejects(
        promised<undefined>((done) => zk.remove('/create-a', -1, done)),
        isCode('NOT_EMPTY'),
      );
    });

    test('hears of changes', async () => {
      using zk = await connected(server.connectString);
      using other = await connected(server.connectString);
      const created = watch();
      await promised<Stat | null>((done) => zk.exists('/watch-a', created.watcher, done));
      await promised<string>((done) => other.create('/watch-a', Buffer.from('1'), 0, done));
      assert.equal(await created.event, 'NODE_CREATED /watch-a');
      const [changed, child] = [watch(), watch()];
      const data = await promised<Buffer>((done) => zk.getData('/watch-a', changed.watcher, done));
      assert.equal(String(data), '1');
      await promised<string[]>((done) => zk.getChildren('/watch-a', child.watcher, done));
      await promised<Stat>((done) => other.setData('/watch-a', Buffer.from('2'), -1, done));
      await promised<string>((done) => other.create('/watch-a/b', Buffer.from('3'), 0, done));
      assert.equal(await changed.event, 'NODE_DATA_CHANGED /watch-a');
      assert.equal(await child.event, 'NODE_CHILDREN_CHANGED /watch-a');
    });

    test('changes several nodes at once or none', async () => {
      using zk = await connected(server.connectString);
      const both = zk
        .transaction()
        .create('/multi-a', Buffer.from('1'))
        .create('/multi-b', Buffer.from('2'));
      await promised<unknown[]>((done) =>
        both.setData('/multi-a', Buffer.from('3'), 0).commit(done),
      );
      const none = zk.transaction().remove('/multi-b', -1).check('/multi-a', 7);
      await assert.rejects(
        promised<unknown[]>((done) => none.commit(done)),
        isCode('BAD_VERSION'),
      );
      const stat = await promised<Stat | null>((done) => zk.exists('/multi-b', () => {}, done));
      assert.equal(stat?.version, 0);
    });

    test('keeps others out with an ACL', async () => {
      using zk = await connected(server.connectString);
      using other = await connected(server.connectString);
      zk.addAuthInfo('digest', Buffer.from('alice:secret'));
      await promised<string>((done) => zk.create('/acl-a', Buffer.from('1'), 0, done));
      const { CREATOR_ALL_ACL } = library.ACL;
      await promised<Stat>((done) => zk.setACL('/acl-a', CREATOR_ALL_ACL, -1, done));
      await assert.rejects(
        promised<Buffer>((done) => other.getData('/acl-a', () => {}, done)),
        isCode('NO_AUTH'),
      );
      assert.equal((await promised<unknown[]>((done) => zk.getACL('/acl-a', done))).length, 1);
    });

    test('comes back to its session and its watches after a cut', async () => {
      await using proxy = await FaultProxy.start(server.port);
      using zk = await connected(proxy.connectString);
      using other = await connected(server.connectString);
      await promised<string>((done) => zk.create('/cut-a', Buffer.from('1'), 1, done));
      const changed = watch();
      await promised<Buffer>((done) => zk.getData('/cut-a', changed.watcher, done));
      const before = zk.getSessionId().toString('hex');
      const back = once(zk, 'connected');
      proxy.cut();
      await promised<Stat>((done) => other.setData('/cut-a', Buffer.from('2'), -1, done));
      await back;
      assert.equal(zk.getSessionId().toString('hex'), before);
      assert.equal(await changed.event, 'NODE_DATA_CHANGED /cut-a');
    });

    test('learns that its session has ended', async () => {
      await using proxy = await FaultProxy.start(server.port);
      using zk = await connected(proxy.connectString);
      using other = await connected(server.connectString);
      await promised<string>((done) => zk.create('/end-a', Buffer.from('1'), 1, done));
      const expired = once(zk, 'expired');
      const sessionId = zk.getSessionId().readBigInt64BE();
      proxy.refuse();
      proxy.cut();
      await endSession(server.port, { sessionId, password: zk.getSessionPassword() });
      proxy.heal();
      await expired;
      const stat = await promised<Stat | null>((done) => other.exists('/end-a', () => {}, done));
      assert.equal(stat, null);
    });
  });
}
