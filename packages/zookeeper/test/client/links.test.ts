import { describe } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { links } from './suite/links.ts';
import { whileRunning } from './suite/while-running.ts';

describe('client and the embedded server', () => {
  links(whileRunning(() => ZooKeeperServer.start({ tickTimeMs: 500 })));
});
