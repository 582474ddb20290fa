import type { MpimClient } from '@mpim/client';
import { ServiceDiscovery } from '@mpim/governance';
import { RpcChannel } from '@mpim/mprpc';
import { Message, UserServiceRpcDefinition } from '@mpim/protocol';
import { type Stat, ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { pathProblem } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** A program of somebody who has installed our packages: what their compiler must understand. */
export async function program(chat: MpimClient): Promise<Stat | undefined> {
  await using server = await ZooKeeperServer.start();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  const channel = new RpcChannel({ resolver: new ServiceDiscovery(zk) });
  const users = channel.client(UserServiceRpcDefinition);
  const { token } = await users.login({ user: 'alice', password: 'secret' });
  const text: string = token + Message.fromPartial({ seq: 1 }).conversationId;
  const { seq } = await chat.send(chat.directConversation('bob'), text);
  // @ts-expect-error seq is a number; were the types lost, it would be anything, and nobody would notice
  const lost: boolean = seq;
  for await (const event of await zk.watch('/', { recursive: true })) console.log(event.type, lost);
  try {
    return (await zk.get(pathProblem('/') ?? '/')).stat;
  } catch (error) {
    if (error instanceof ZooKeeperError && error.code === 'NO_NODE') return undefined;
    throw error;
  }
}
