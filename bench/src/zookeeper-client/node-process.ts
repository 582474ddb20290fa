import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { bareRound } from './bare-client.ts';
import { closedLoop, type Peer } from './closed-loop.ts';
import { connectMpim } from './mpim-client.ts';
import { connectNative } from './native-client.ts';
import { connectNodeZookeeperClient } from './node-zookeeper-client.ts';
import { rawRound } from './raw-client.ts';
import { parseRequestLine, type RoundRequest, type RoundResult } from './round.ts';

type Runner = (request: RoundRequest) => Promise<RoundResult>;

const [kind, connectString = '', packages = '.'] = process.argv.slice(2);
const require = createRequire(resolve(packages, 'package.json'));
const looped = (peer: Peer): Runner => {
  return (request) => closedLoop(peer, request);
};

async function connect(): Promise<Runner> {
  switch (kind) {
    case 'mpim':
      return looped(await connectMpim(connectString));
    case 'node-zookeeper-client':
      return looped(await connectNodeZookeeperClient(connectString, require));
    case 'native':
      return looped(await connectNative(connectString, require));
    case 'bare':
      return (request) => bareRound(connectString, request);
    case 'raw':
      return (request) => rawRound(connectString, request);
    default:
      throw new Error(`there is no client '${kind}'`);
  }
}

const run = await connect();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(parseRequestLine(line))));
}
process.exit();
