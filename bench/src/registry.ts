import type { Bench } from './bench.ts';
import { rpcBench } from './rpc.ts';
import { rpcChoiceBench } from './rpc-choice.ts';
import { rpcCurveBench } from './rpc-curve.ts';
import { rpcMessagesBench } from './rpc-messages.ts';
import { rpcRulesBench } from './rpc-rules.ts';
import { zookeeperClientBench } from './zookeeper-client.ts';
import { zookeeperServerBench } from './zookeeper-server.ts';

/** Every benchmark, by the name `npm run bench -- <name>` knows it by. */
export const benches: readonly Bench[] = [
  rpcBench,
  rpcCurveBench,
  rpcChoiceBench,
  rpcMessagesBench,
  rpcRulesBench,
  zookeeperClientBench,
  zookeeperServerBench,
];
