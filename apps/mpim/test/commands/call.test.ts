import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SERVICE_SECRET_FILE, startService } from '@mpim/service-kit';
import { userService } from '@mpim/service-user';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { mpim } from '../mpim.ts';

test('call: by discovery and by address, with its failures in words; the list by reflection', async () => {
  await using folder = await temporaryFolder();
  await using zookeeper = await ZooKeeperServer.start();
  await using user = await startService(userService, {
    zookeeper: zookeeper.connectString,
    dataDir: folder.path,
    logLevel: 'silent',
  });
  await user.registered;
  const flags = ['--zookeeper', zookeeper.connectString];
  const address = ['--address', `127.0.0.1:${user.port}`];
  const secret = ['--service-secret-file', join(folder.path, SERVICE_SECRET_FILE)];
  const call = (...args: string[]) => mpim(['call', ...args, ...secret]);
  const account = JSON.stringify({ user: 'alice', password: 'correct horse' });

  const [registered, typo, wrong, health, list, listed] = await Promise.all([
    call('UserServiceRpc/Register', account, '--json', ...flags),
    call('UserServiceRpc/Login', '{"name":"alice"}', ...flags),
    call('UserServiceRpc/Sing', '{}', ...flags),
    call('Health/Check', '{"service":"mpim.v1.UserServiceRpc"}', '--json', ...address),
    call('--list', ...flags),
    call('UserServiceRpc', '--list', '--json', ...address),
  ]);
  assert.deepEqual([registered.code, registered.stderr], [0, '']);
  assert.equal(typeof JSON.parse(registered.stdout), 'object');
  assert.equal(typo.code, 2);
  assert.match(
    typo.stderr,
    /UserServiceRpc\/Login has no field name; it has user, password, device/,
  );
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /has no method Sing; it has Register, Login/);
  assert.equal(health.stdout, '{"status":"SERVING"}');
  assert.match(list.stdout, /^UserServiceRpc\/Login +unary$/m);
  assert.match(list.stdout, /^UserServiceRpc\/FindUsers +unary, reads only$/m);
  assert.deepEqual(
    JSON.parse(listed.stdout).map(({ name }: { name: string }) => name),
    ['UserServiceRpc'],
  );

  const [again, nobody] = await Promise.all([
    call('/mpim.v1.UserServiceRpc/Register', account, ...address),
    call('GroupServiceRpc/ListGroups', ...flags, '--deadline', '2000'),
  ]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^mpim: ALREADY_EXISTS/);
  assert.equal(nobody.code, 1);
  assert.match(
    nobody.stderr,
    /UNAVAILABLE NO_PROVIDER: \/GroupServiceRpc\/ListGroups is not exist!/,
  );
  const other = join(folder.path, 'another-secret');
  await writeFile(other, 'of-another-system-altogether');
  const stranger = await mpim(['call', 'Health/Check', ...address, '--service-secret-file', other]);
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /^mpim: UNAUTHENTICATED/);
});
