import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { RpcProvider } from '@mpim/mprpc';
import { SERVICE_SECRET_FILE, startService } from '@mpim/service-kit';
import { userService } from '@mpim/service-user';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { mpim } from '../mpim.ts';

test('call: by discovery and by address, with its failures in words; the list by reflection', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'data');
  await using zookeeper = await ZooKeeperServer.start();
  await using user = await startService(userService, {
    zookeeper: zookeeper.connectString,
    dataDir,
    logLevel: 'silent',
  });
  await user.registered;
  const flags = ['--zookeeper', zookeeper.connectString];
  const address = ['--address', `127.0.0.1:${user.port}`];
  const secret = ['--service-secret-file', join(dataDir, SERVICE_SECRET_FILE)];
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
  assert.match(stranger.stderr, /^mpim: UNAUTHENTICATED: .* Is .*another-secret the secret/);
  const unset = { cwd: folder.path, env: { MPIM_SERVICE_SECRET_FILE: '' } };
  const found = await mpim(['call', 'Health/Check', ...address], unset);
  assert.deepEqual([found.code, found.stderr], [0, ''], 'data/service-secret is used');
  const nameless = await Promise.all([
    mpim(['call', 'Health/Check', ...address]),
    mpim(['call', '--list', ...flags]),
  ]);
  for (const { code, stderr } of nameless) {
    assert.equal(code, 1);
    assert.match(stderr, /Give their secret: --service-secret-file DATA_DIR\/service-secret$/m);
  }
});

test("call: of a service of one's own, by the module generated from its .proto", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'greeter.mjs');
  const nothing = join(folder.path, 'nothing.mjs');
  const text = `{
    encode: (message) => ({ finish: () => Buffer.from(JSON.stringify(message)) }),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
  }`;
  const greet = `{ name: 'Greet', requestType: text, requestStream: false, responseType: text, responseStream: false, options: {} }`;
  await writeFile(
    file,
    `const text = ${text};
    export const GreeterDefinition = { name: 'GreeterRpc', fullName: 'example.GreeterRpc', methods: { greet: ${greet} } };`,
  );
  await writeFile(nothing, 'export const answer = 42;');
  const { GreeterDefinition } = await import(pathToFileURL(file).href);
  await using provider = new RpcProvider();
  provider.notifyService(GreeterDefinition, {
    greet: (request: unknown) => ({ text: `Hello ${Object(request).name}` }),
  });
  const { port } = await provider.run();
  const call = (...flags: string[]) =>
    mpim([
      'call',
      'GreeterRpc/Greet',
      '{"name":"Ada"}',
      '--json',
      '--address',
      `127.0.0.1:${port}`,
      ...flags,
    ]);
  const [good, unknown, empty, missing] = await Promise.all([
    call('--definition', file),
    call(),
    call('--definition', nothing),
    call('--definition', join(folder.path, 'missing.mjs')),
  ]);
  assert.deepEqual([good.stdout, good.stderr], ['{"text":"Hello Ada"}', '']);
  assert.match(unknown.stderr, /GreeterRpc is no known service; .* with --definition/);
  assert.match(empty.stderr, /nothing.mjs exports no service: generate it with ts-proto's/);
  assert.match(missing.stderr, /missing.mjs cannot be imported: /);
  assert.deepEqual([unknown.code, empty.code, missing.code], [2, 2, 2]);
});
