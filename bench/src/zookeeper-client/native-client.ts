import type { Peer } from './closed-loop.ts';

/** The part of npm's `zookeeper` that is measured. */
interface Client {
  once(event: 'connect', listener: () => void): void;
  init(config: Record<string, unknown>): void;
  create(path: string, data: Buffer, flags: number): Promise<unknown>;
  set(path: string, data: Buffer, version: number): Promise<unknown>;
  get(path: string, watch: boolean): Promise<unknown>;
  w_get(path: string, watcher: () => void): Promise<unknown>;
  get_children2(path: string, watch: boolean): Promise<unknown>;
}

type Constructor = (new (
  config: Record<string, unknown>,
) => Client) & {
  constants: Record<string, number>;
};

/** npm `zookeeper`: Apache's C library behind promises. */
export async function connectNative(connectString: string, require: NodeJS.Require): Promise<Peer> {
  const ZooKeeper = require('zookeeper') as Constructor;
  const zk = new ZooKeeper({
    connect: connectString,
    timeout: 30_000,
    debug_level: ZooKeeper.constants.ZOO_LOG_LEVEL_WARN ?? 2,
    host_order_deterministic: false,
  });
  const connected = Promise.withResolvers<void>();
  zk.once('connect', connected.resolve);
  zk.init({});
  await connected.promise;
  return {
    create: (path, data) => zk.create(path, data, 0),
    set: (path, data) => zk.set(path, data, -1),
    get: (path) => zk.get(path, false),
    getChildren: (path) => zk.get_children2(path, false),
    getAndWatch: (path, fired) => zk.w_get(path, () => fired()),
  };
}
