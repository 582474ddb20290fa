/** A durable server as a process of its own, to be killed: `node durable-server-main.ts <dataDir> [operations] [snapCount]`. */
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { DyingDisk } from './dying-disk.ts';

// Rolls and snapshots fall into most rounds.
const [dataDir = '', operations, snapCount = '400'] = process.argv.slice(2);

const complain = (facts: object, message: string) =>
  console.log('complaint', message, JSON.stringify(facts));

// It kills itself when so many disk operations are done: from the start on, or from when a number is typed.
const disk = new DyingDisk();
if (operations !== undefined) disk.arm(Number(operations));
process.stdin.on('data', (typed) => {
  disk.arm(Number(typed));
  console.log('armed');
});

const server = await ZooKeeperServer.start({
  dataDir,
  snapCount: Number(snapCount),
  disk,
  logger: { debug() {}, info() {}, warn: complain, error: complain },
});
console.log(`ready ${server.port}`);
