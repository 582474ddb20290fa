import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { it } from 'node:test';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { publicMembers } from './suite/public-members.ts';

/** What the README, the guides and the doc comments describe; whoever adds to it adds to a contract. */
const MEMBERS = [
  ...['create', 'get', 'exists', 'set', 'children', 'delete', 'multi', 'sync', 'getAcl', 'setAcl'],
  ...['deleteRecursive', 'ensurePath', 'multiRead', 'ephemerals', 'countDescendants', 'whoAmI'],
  ...[
    'getAndWatch',
    'existsAndWatch',
    'childrenAndWatch',
    'configAndWatch',
    'watch',
    'checkWatches',
  ],
  ...['config', 'reconfigure', 'useHosts', 'addAuth', 'below', 'ready', 'close'],
  ...[
    'state',
    'failures',
    'stats',
    'chroot',
    'sessionId',
    'sessionCredentials',
    'sessionTimeoutMs',
  ],
];

it('a client has its documented members and no others', async () => {
  const zk = ZooKeeperClient.startConnecting({ connectString: '127.0.0.1:1' });
  const view = zk.below('/a');
  for (const client of [zk, view]) {
    assert.deepEqual(publicMembers(client).sort(), MEMBERS.toSorted());
    assert.deepEqual(Object.keys(client), Object.keys(new EventEmitter()));
  }
  await zk.close();
});
