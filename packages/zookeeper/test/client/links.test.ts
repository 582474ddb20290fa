import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { links } from './suite/links.ts';

describe('client and the embedded server', () => {
  let running: ZooKeeperServer | undefined;
  before(async () => {
    running = await ZooKeeperServer.start({ tickTimeMs: 500 });
  });
  after(() => running?.stop());

  links(() => {
    assert.ok(running !== undefined);
    return running;
  });
});
