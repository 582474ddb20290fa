import type { Peer } from './closed-loop.ts';

type Callback = (error: Error | null) => void;

/** The part of npm's `node-zookeeper-client` that is measured. */
interface Client {
  once(event: 'connected', listener: () => void): void;
  connect(): void;
  create(path: string, data: Buffer, callback: Callback): void;
  setData(path: string, data: Buffer, callback: Callback): void;
  getData(path: string, callback: Callback): void;
  getData(path: string, watcher: () => void, callback: Callback): void;
  getChildren(path: string, callback: Callback): void;
}

/** npm `node-zookeeper-client`: pure JavaScript with callbacks, wrapped as its users do today. */
export async function connectNodeZookeeperClient(
  connectString: string,
  require: NodeJS.Require,
): Promise<Peer> {
  const module = require('node-zookeeper-client') as { createClient(hosts: string): Client };
  const zk = module.createClient(connectString);
  const connected = Promise.withResolvers<void>();
  zk.once('connected', connected.resolve);
  zk.connect();
  await connected.promise;
  return {
    create: (path, data) => promised((done) => zk.create(path, data, done)),
    set: (path, data) => promised((done) => zk.setData(path, data, done)),
    get: (path) => promised((done) => zk.getData(path, done)),
    getChildren: (path) => promised((done) => zk.getChildren(path, done)),
    getAndWatch: (path, fired) => promised((done) => zk.getData(path, () => fired(), done)),
  };
}

function promised(call: (done: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
