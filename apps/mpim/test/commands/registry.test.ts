import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { mpim, startMpim } from '../mpim.ts';

test('services, config and doctor tell what ZooKeeper knows', async () => {
  await using folder = await temporaryFolder();
  await using zookeeper = startMpim(['zookeeper', '--port', '0']);
  const [server = ''] = /127\.0\.0\.1:\d+/.exec(await zookeeper.waitForLine(/serves on/)) ?? [];
  const env = { MPIM_ZOOKEEPER: server };

  assert.match((await mpim(['services'], { env })).stdout, /No service is registered/);

  await using follower = startMpim(['config', 'watch', 'UserServiceRpc'], { env });
  await follower.waitForLine(/"version":null/);
  const set = (json: string, ...flags: string[]) =>
    mpim(['config', 'set', 'UserServiceRpc', json, ...flags], { env });
  assert.equal((await set('{"hours":12}')).code, 0);
  await follower.waitForLine(/"version":0.*"value":\{"hours":12\}/);
  const conflict = await set('{"hours":13}', '--version', '7');
  assert.equal(conflict.code, 1);
  assert.match(conflict.stderr, /expected version 7, found version 0/);
  assert.equal((await set('[]')).code, 2);
  follower.kill('SIGINT');
  assert.equal(await follower.exit, 0);

  const flags = ['--zookeeper', server, '--data-dir', folder.path, '--log-level', 'warn'];
  await using user = startMpim(['serve', 'user', ...flags]);
  const { UserServiceRpc } = await waitFor(
    async () => {
      const found = JSON.parse((await mpim(['services', '--json'], { env })).stdout);
      return found.UserServiceRpc?.length === 1 && found;
    },
    { what: 'the user service to register' },
  );
  assert.ok(UserServiceRpc[0].methods.includes('Login'));

  const doctor = await mpim(['doctor', '--json', '--gateway', 'http://127.0.0.1:1'], { env });
  assert.equal(doctor.code, 1);
  const checks = doctor.stdout.split('\n').map((line) => JSON.parse(line));
  const verdict = (what: string) => checks.find((check) => check.what.startsWith(what))?.good;
  assert.deepEqual(
    ['Node', 'ZooKeeper', `UserServiceRpc ${UserServiceRpc[0].id}`, 'Group', 'gateway'].map(
      verdict,
    ),
    [true, true, true, false, false],
  );
  assert.ok(checks.every((check) => check.good || check.remedy !== ''));

  user.kill('SIGTERM');
  assert.equal(await user.exit, 0);
  assert.match((await mpim(['services'], { env })).stdout, /UserServiceRpc +- +no instance/);
});
