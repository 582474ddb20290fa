/** A durable server as a process of its own, to be killed: `node durable-server-main.ts <dataDir>`. */
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const complain = (facts: object, message: string) =>
  console.log('complaint', message, JSON.stringify(facts));

const server = await ZooKeeperServer.start({
  dataDir: process.argv[2] ?? '',
  // Rolls and snapshots fall into most rounds.
  snapCount: 400,
  logger: { debug() {}, info() {}, warn: complain, error: complain },
});
console.log(`ready ${server.port}`);
