import { ApacheZooKeeper } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** A server that a client's test runs against. */
export interface TestedServer extends AsyncDisposable {
  readonly port: number;
  readonly connectString: string;
}

/** What it is called in a test's name, and how to start one. */
export type ServerUnderTest = readonly [name: string, start: () => Promise<TestedServer>];

/** Ours, with what Apache's is started with. */
export const OURS: ServerUnderTest = [
  'ours',
  () => ZooKeeperServer.start({ extendedTypes: true, maxClientConnections: 0 }),
];

/** The one that ours is to be taken for. */
export const APACHE: ServerUnderTest = [
  'Apache ZooKeeper',
  () => ApacheZooKeeper.start({ forceSync: 'no' }),
];

/** What passes with the one passes with the other. */
export const TESTED_SERVERS: readonly ServerUnderTest[] = [OURS, APACHE];
