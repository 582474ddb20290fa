import { parentPort } from 'node:worker_threads';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** An embedded server with a heap of its own, driven by messages: `drop` cuts all connections, `stop` ends it. */
if (parentPort === null) throw new Error('this is a worker');
const port = parentPort;
const server = await ZooKeeperServer.start({ maxClientConnections: 0 });
port.on('message', async (message: 'drop' | 'stop') => {
  if (message === 'drop') {
    server.dropConnections();
    port.postMessage('dropped');
    return;
  }
  await server.stop();
  port.close();
});
port.postMessage(server.connectString);
