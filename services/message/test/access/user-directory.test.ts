import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcChannel, RpcProvider, StaticResolver } from '@mpim/mprpc';
import { UserServiceRpcDefinition } from '@mpim/protocol';
import { RpcUserDirectory } from '../../src/access/user-directory.ts';

test('who exists is remembered, who does not is asked for again', async () => {
  const accounts = new Set(['ann', 'bob', 'cat']);
  const asked: string[] = [];
  const unused = () => assert.fail('not asked for');
  await using provider = new RpcProvider();
  provider.notifyService(UserServiceRpcDefinition, {
    register: unused,
    login: unused,
    logout: unused,
    authenticate: unused,
    findUsers({ users }) {
      asked.push(...users);
      return { users: users.filter((user) => accounts.has(user)) };
    },
  });
  const resolver = new StaticResolver([await provider.run()]);
  await using channel = new RpcChannel({ resolver });
  const directory = new RpcUserDirectory(channel.client(UserServiceRpcDefinition), 1_000, 2);
  const answers = [];
  for (const user of ['ann', 'ann', 'dan', 'dan', 'bob', 'ann', 'cat', 'ann', 'bob']) {
    answers.push(await directory.exists(user));
  }
  assert.deepEqual(answers, [true, true, false, false, true, true, true, true, true]);
  assert.deepEqual(asked, ['ann', 'dan', 'dan', 'bob', 'cat', 'bob'], 'two are remembered');
});
