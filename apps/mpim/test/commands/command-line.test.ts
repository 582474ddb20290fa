import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mpim } from '../mpim.ts';

test('--help lists the commands', async () => {
  const { code, stdout } = await mpim(['--help']);
  assert.equal(code, 0);
  for (const name of ['up', 'serve', 'zookeeper', 'chat', 'zk', 'services', 'config', 'doctor']) {
    assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
  }
});

test('a command line that makes no sense exits with 2 and says why', async () => {
  const wrong: [args: string[], message: RegExp][] = [
    [['nonsense'], /unknown command 'nonsense'/],
    [['up', '--gateway-port', 'x'], /a port, 0 to 65535/],
    [['serve', 'nobody'], /no service "nobody".*user, presence, message, group, gateway/],
    [['chat'], /--user/],
    [['chat', '--user', 'Not A Name'], /cannot be a user name/],
    [['zk', 'create', '-e', '-c', '/x'], /-c stands alone/],
  ];
  await Promise.all(
    wrong.map(async ([args, message]) => {
      const { code, stderr } = await mpim(args, { env: { MPIM_PASSWORD: undefined } });
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, message);
    }),
  );
});

test('chat needs a terminal or MPIM_PASSWORD for the password', async () => {
  const args = ['chat', '--user', 'alice'];
  const { code, stderr } = await mpim(args, { env: { MPIM_PASSWORD: undefined } });
  assert.equal(code, 2);
  assert.match(stderr, /MPIM_PASSWORD/);
});
