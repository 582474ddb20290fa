import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { RpcChannel, StaticResolver } from '@mpim/mprpc';
import { freePort, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { loadServiceSecrets, type ReadyMessage } from '../../src/index.ts';
import { EchoServiceRpcDefinition } from '../support/echo-service.ts';

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ready: ReadyMessage;
  /** What it has logged so far. */
  log(): string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

async function run(zookeeper: string, dataDir: string): Promise<Running> {
  const flags = ['--zookeeper', zookeeper, '--data-dir', dataDir];
  const child = fork(join(import.meta.dirname, 'run-echo.ts'), flags, { silent: true });
  let log = '';
  child.stdout?.on('data', (chunk) => {
    log += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const [ready] = await Promise.race([
    once(child, 'message'),
    ended.then((how) => assert.fail(`ended with ${how}: ${log}`)),
  ]);
  return {
    child,
    ready,
    log: () => log,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

test('a supervised service announces itself, leaves SIGINT to its supervisor and drains on SIGTERM', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using service = await run(server.connectString, folder.path);
  const { child, ready, log, ended } = service;
  assert.equal(ready.type, 'ready');
  assert.match(ready.instanceId, /^user-[0-9a-f]{8}$/);
  assert.deepEqual(ready.metadata, { flavour: 'plain' });
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  const path = `/services/EchoServiceRpc/${ready.instanceId}`;
  assert.ok(await zk.exists(path), 'ready means registered');

  child.kill('SIGINT');
  const resolver = new StaticResolver([{ host: ready.host, port: ready.port }]);
  await using channel = new RpcChannel({
    resolver,
    authentication: { secret: loadServiceSecrets(folder.path).own },
  });
  assert.equal(await channel.client(EchoServiceRpcDefinition).echo('still here'), 'still here');
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.equal(await zk.exists(path), null);
  assert.match(log(), /"reason":"SIGTERM","msg":"asked to stop"/);
});

test('a service is announced without ZooKeeper, too', async () => {
  await using folder = await temporaryFolder();
  await using service = await run(`127.0.0.1:${await freePort()}`, folder.path);
  assert.equal(service.ready.type, 'ready');
  service.child.kill('SIGTERM');
  assert.equal(await service.ended, 0);
});

test('a service whose supervisor has gone drains and ends', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using service = await run(server.connectString, folder.path);
  const { child, log, ended } = service;
  child.disconnect();
  assert.equal(await ended, 0);
  assert.match(log(), /the supervisor has gone/);
});

test('an error nobody caught is logged and ends the process', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using service = await run(server.connectString, folder.path);
  const { ready, log, ended } = service;
  const resolver = new StaticResolver([{ host: ready.host, port: ready.port }]);
  await using channel = new RpcChannel({
    resolver,
    authentication: { secret: loadServiceSecrets(folder.path).own },
  });
  await channel
    .client(EchoServiceRpcDefinition)
    .echo('crash')
    .catch(() => {});
  assert.equal(await ended, 1);
  assert.match(log(), /"level":"fatal".*a bug/);
});
