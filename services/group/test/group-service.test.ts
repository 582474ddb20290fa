import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceDiscovery } from '@mpim/governance';
import { RpcChannel } from '@mpim/mprpc';
import { GroupServiceRpcDefinition, MessageServiceRpcDefinition } from '@mpim/protocol';
import {
  commonSettings,
  defineService,
  loadServiceSecrets,
  SERVICE_SECRET_FILE,
  startService,
} from '@mpim/service-kit';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { groupService } from '../src/index.ts';

function unused(): never {
  throw new Error('nobody should call this');
}

/** A message service in which every conversation has seven messages. */
const messageNeighbour = defineService({
  name: 'message',
  settings: commonSettings,
  async start({ provider }) {
    provider.notifyService(MessageServiceRpcDefinition, {
      sendMessage: unused,
      sync: unused,
      getHistory: unused,
      markRead: unused,
      getHead: () => ({ lastSeq: 7 }),
    });
    return {};
  },
});

test('groups live in the registry: create, join, list, and again after a restart', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const zookeeper = stack.use(await ZooKeeperServer.start());
  const secrets = loadServiceSecrets(folder.path);
  const settings = (name: string) => ({
    zookeeper: zookeeper.connectString,
    dataDir: join(folder.path, name),
    serviceSecretFile: join(folder.path, SERVICE_SECRET_FILE),
    logLevel: 'silent' as const,
  });
  const first = stack.use(await startService(groupService, settings('group')));
  await first.registered;
  const zk = await ZooKeeperClient.connect({ connectString: zookeeper.connectString });
  stack.defer(() => zk.close());
  const discovery = stack.use(new ServiceDiscovery(zk));
  const channel = new RpcChannel({ resolver: discovery, authentication: { secret: secrets.own } });
  stack.defer(() => channel.close());
  const groups = channel.client(GroupServiceRpcDefinition);

  const creation = { user: 'ann', name: 'Tea', requestId: 'r1' };
  const { group } = await groups.createGroup(creation);
  const groupId = group?.groupId ?? '';
  await assert.rejects(groups.joinGroup({ user: 'bob', groupId }), {
    code: 'UNAVAILABLE',
    message: '/MessageServiceRpc/GetHead is not exist!',
  });
  stack.use(await startService(messageNeighbour, settings('message')));
  const joined = await waitFor(() => groups.joinGroup({ user: 'bob', groupId }));
  assert.deepEqual(joined, { group, joinedSeq: 7 });
  await assert.rejects(groups.getMembers({ user: 'eve', groupId }), { code: 'PERMISSION_DENIED' });
  await assert.rejects(groups.leaveGroup({ user: 'ann', groupId }), {
    code: 'FAILED_PRECONDITION',
  });

  await first.stop();
  stack.use(await startService(groupService, settings('group')));
  const listed = await waitFor(() => groups.listGroups({ user: 'bob' }));
  assert.deepEqual(listed.memberships, [{ group, joinedSeq: 7 }]);
  assert.deepEqual(await groups.createGroup(creation), { group });
  const { members } = await groups.getMembers({ user: 'bob', groupId });
  assert.deepEqual(
    members.map((member) => member.user),
    ['ann', 'bob'],
  );
});
