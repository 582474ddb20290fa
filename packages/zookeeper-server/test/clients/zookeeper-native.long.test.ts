import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ApacheZooKeeper,
  FaultProxy,
  installedNpmPackage,
  missingDebianPackage,
  NATIVE_ZOOKEEPER_CLIENT,
} from '@mpim/testkit';
import { endSession } from '../support/end-session.ts';
import { KillableOwnServer } from '../support/killable-server.ts';
import type { TestedServer } from '../support/tested-servers.ts';

type Watcher = (type: number, state: number, path: string) => void;

interface Stat {
  readonly version: number;
  readonly ephemeralOwner: string;
}

/** The part of npm's `zookeeper` that is exercised: Apache's C library behind promises. */
interface Client {
  readonly client_id: string;
  readonly client_password: string;
  on(event: 'connect' | 'close', listener: () => void): void;
  init(config: object): void;
  close(): void;
  create(path: string, data: Buffer | string, flags: number): Promise<string>;
  get(path: string, watch: boolean): Promise<[Stat, Buffer]>;
  set(path: string, data: string, version: number): Promise<Stat>;
  pathExists(path: string, watch: boolean): Promise<boolean>;
  exists(path: string, watch: boolean): Promise<Stat>;
  get_children(path: string, watch: boolean): Promise<string[]>;
  delete_(path: string, version: number): Promise<void>;
  add_auth(scheme: string, auth: string): unknown;
  w_get(path: string, watcher: Watcher): Promise<unknown>;
  w_exists(path: string, watcher: Watcher): Promise<unknown>;
  w_get_children(path: string, watcher: Watcher): Promise<unknown>;
}

type Library = (new (config: object) => Client) & { readonly constants: Record<string, number> };

const missing = await missingDebianPackage('zookeeper');
const folder = await installedNpmPackage(NATIVE_ZOOKEEPER_CLIENT);
const ZooKeeper = createRequire(join(folder, 'package.json'))('zookeeper') as Library;
const { ZOO_EPHEMERAL = 1, ZOO_SEQUENCE = 2, ZOO_LOG_LEVEL_ERROR = 1 } = ZooKeeper.constants;
const NAMES = new Map([
  [1, 'created'],
  [2, 'deleted'],
  [3, 'changed'],
  [4, 'children'],
]);

async function connected(connect: string): Promise<Client & Disposable> {
  const config = { connect, timeout: 10_000, debug_level: ZOO_LOG_LEVEL_ERROR };
  const client = new ZooKeeper({ ...config, host_order_deterministic: false });
  const { promise, resolve } = Promise.withResolvers<void>();
  client.on('connect', resolve);
  client.init({});
  await promise;
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

/** A watcher and the next event it hears of a node; it hears of its session's fate, too. */
function watch(): { watcher: Watcher; event: Promise<string> } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const watcher: Watcher = (type, _, path) => {
    const name = NAMES.get(type);
    if (name !== undefined) resolve(`${name} ${path}`);
  };
  return { watcher, event: promise };
}

const isError = (pattern: RegExp) => (error: unknown) => pattern.test(String(error));

/** Ours in a process of its own: in one event loop with the server this client hears of events when it pings next. */
const SERVERS: readonly (readonly [name: string, () => Promise<TestedServer>])[] = [
  ['ours', () => KillableOwnServer.start()],
  ['Apache ZooKeeper', () => ApacheZooKeeper.start({ forceSync: 'no' })],
];

for (const [whose, start] of SERVERS) {
  describe(`npm's zookeeper with ${whose}`, { skip: missing ?? false }, () => {
    let server: TestedServer;
    before(async () => {
      server = await start();
    });
    after(() => server[Symbol.asyncDispose]());

    test('creates, reads, changes and deletes', async () => {
      using zk = await connected(server.connectString);
      assert.equal(await zk.create('/ops', 'x', 0), '/ops');
      assert.equal(await zk.create('/ops/s-', 'x', ZOO_SEQUENCE), '/ops/s-0000000000');
      await assert.rejects(zk.create('/ops', 'x', 0), isError(/node exists/));
      assert.equal((await zk.set('/ops', 'y', 0)).version, 1);
      await assert.rejects(zk.set('/ops', 'z', 0), isError(/bad version/));
      const [stat, data] = await zk.get('/ops', false);
      assert.deepEqual([stat.version, String(data)], [1, 'y']);
      assert.deepEqual(await zk.get_children('/ops', false), ['s-0000000000']);
      await assert.rejects(zk.delete_('/ops', -1), isError(/not empty/));
      await zk.delete_('/ops/s-0000000000', -1);
      await zk.delete_('/ops', 1);
      assert.equal(await zk.pathExists('/ops', false), false);
    });

    test('hears of changes', async () => {
      using zk = await connected(server.connectString);
      using other = await connected(server.connectString);
      const created = watch();
      await assert.rejects(zk.w_exists('/watched', created.watcher), isError(/no node/));
      await other.create('/watched', '1', 0);
      assert.equal(await created.event, 'created /watched');
      const [changed, child] = [watch(), watch()];
      await zk.w_get('/watched', changed.watcher);
      await zk.w_get_children('/watched', child.watcher);
      await other.set('/watched', '2', -1);
      await other.create('/watched/child', '', 0);
      assert.equal(await changed.event, 'changed /watched');
      assert.equal(await child.event, 'children /watched');
    });

    test('comes back to its session after a cut', async () => {
      await using proxy = await FaultProxy.start(server.port);
      using zk = await connected(proxy.connectString);
      using other = await connected(server.connectString);
      await zk.create('/cut', '1', ZOO_EPHEMERAL);
      const changed = watch();
      await zk.w_get('/cut', changed.watcher);
      const before = zk.client_id;
      proxy.cut();
      await other.set('/cut', '2', -1);
      assert.equal(await changed.event, 'changed /cut');
      assert.equal(zk.client_id, before);
    });

    test('learns that its session has ended', async () => {
      await using proxy = await FaultProxy.start(server.port);
      const zk = await connected(proxy.connectString);
      using other = await connected(server.connectString);
      await zk.create('/end', '1', ZOO_EPHEMERAL);
      const closed = new Promise<void>((resolve) => zk.on('close', resolve));
      proxy.refuse();
      proxy.cut();
      await endSession(server.port, {
        sessionId: BigInt.asIntN(64, BigInt(`0x${zk.client_id.replace(/^0x/, '')}`)),
        password: Buffer.from(zk.client_password, 'hex'),
      });
      proxy.heal();
      await closed;
      assert.equal(await other.pathExists('/end', false), false);
    });
  });
}
