import {
  type ApacheSettings,
  ApacheZooKeeper,
  type TemporaryFolder,
  temporaryFolder,
} from '@mpim/testkit';
import {
  createModeFlags,
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer, type ZooKeeperServerOptions } from '@mpim/zookeeper-server';
import { RawClient } from './raw-client.ts';

/** Apache ZooKeeper and ours, both on disk, each with a client that has done the same. */
export class BothServers implements AsyncDisposable {
  readonly apache: ApacheZooKeeper;
  readonly ours: ZooKeeperServer;
  readonly #folder: TemporaryFolder;
  readonly #clients: readonly RawClient[];

  private constructor(
    apache: ApacheZooKeeper,
    ours: ZooKeeperServer,
    folder: TemporaryFolder,
    clients: readonly RawClient[],
  ) {
    this.apache = apache;
    this.ours = ours;
    this.#folder = folder;
    this.#clients = clients;
  }

  static async start(
    settings: ApacheSettings,
    options: ZooKeeperServerOptions = {},
  ): Promise<BothServers> {
    const folder = await temporaryFolder();
    const dataDir = folder.path;
    const apache = await ApacheZooKeeper.start({ forceSync: 'no', ...settings });
    const limits = { tickTimeMs: 500, maxClientConnections: 0, fourLetterWordWhitelist: ['*'] };
    const ours = await ZooKeeperServer.start({ dataDir, ...limits, ...options });
    const clients = await Promise.all([apache.port, ours.port].map((port) => exercised(port)));
    return new BothServers(apache, ours, folder, clients);
  }

  /** Of the client of ours. */
  get sessionId(): bigint {
    return this.#clients[1]?.session?.sessionId ?? 0n;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.ours.stop();
    await this.apache.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** A session with an ephemeral node, watches and more than 128 transactions behind it. */
async function exercised(port: number): Promise<RawClient> {
  // Not the time that a connection without a session has: `dump` would show both in one bucket, or in two.
  const client = await RawClient.open(port, { timeoutMs: 6000 });
  const create = (path: string, mode: 'ephemeral' | 'persistent') => (output: JuteWriter) =>
    writeCreateRequest(output, {
      path,
      data: Buffer.from('x'),
      acl: OPEN_ACL,
      flags: createModeFlags(mode),
    });
  const watch = (path: string) => (output: JuteWriter) =>
    writePathWatchRequest(output, { path, watch: true });
  await client.request(OpCode.create, create('/e', 'ephemeral'));
  for (let i = 0; i < 130; i++) await client.request(OpCode.create, create(`/n${i}`, 'persistent'));
  await client.request(OpCode.getData, watch('/e'));
  await client.request(OpCode.exists, watch('/missing'));
  await client.request(OpCode.getChildren, watch('/'));
  return client;
}
