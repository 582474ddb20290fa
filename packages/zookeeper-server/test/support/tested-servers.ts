import { ApacheZooKeeper } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** A server that a client's test runs against. */
export interface TestedServer extends AsyncDisposable {
  readonly port: number;
  readonly connectString: string;
}

/** Ours, and the one it is to be taken for: what passes with the one passes with the other. */
export const TESTED_SERVERS: readonly (readonly [name: string, () => Promise<TestedServer>])[] = [
  ['ours', () => ZooKeeperServer.start({ extendedTypes: true, maxClientConnections: 0 })],
  ['Apache ZooKeeper', () => ApacheZooKeeper.start({ forceSync: 'no' })],
];
