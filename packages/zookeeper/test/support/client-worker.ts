import { parentPort, workerData } from 'node:worker_threads';
import { ZooKeeperClient } from '@mpim/zookeeper';

/** A client in a thread of its own: counts with others in `/counter`, and goes on until it is told to end. */
if (parentPort === null) throw new Error('this is a worker');
const port = parentPort;
const { connectString, name, increments } = workerData as {
  connectString: string;
  name: string;
  increments: number;
};
const zk = await ZooKeeperClient.connect({ connectString, sessionTimeoutMs: 2000 });
const own = await zk.create(`/${name}`, name, { mode: 'ephemeral' });
using watch = (await zk.getAndWatch('/go')).watch;
port.postMessage({ ready: own.path, session: zk.sessionId });
await watch.event;
for (let done = 0; done < increments; ) {
  const { data, stat } = await zk.get('/counter');
  const next = String(Number(data) + 1);
  try {
    await zk.set('/counter', next, { version: stat.version });
    done += 1;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'BAD_VERSION')
      throw error;
  }
}
port.postMessage(await zk.get('/counter'));
await new Promise((resolve) => port.once('message', resolve));
await zk.close();
port.close();
