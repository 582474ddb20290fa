import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { pino } from 'pino';
import { startService } from '../../src/index.ts';
import { echoService } from '../support/echo-service.ts';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly open?: readonly string[];
}

async function surroundings() {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'identities');
  const lines: LogLine[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  return {
    file,
    lines,
    async start(zookeeper: string, identities?: string) {
      if (identities !== undefined) await writeFile(file, identities);
      if (identities !== undefined) await chmod(file, 0o600);
      const settings = {
        zookeeper,
        dataDir: folder.path,
        sessionTimeoutMs: 2_000,
        ...(identities === undefined ? {} : { zookeeperAuthFile: file }),
      };
      return startService(echoService().spec, settings, { logger });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a service with another identity than the owner of the registry says so, with file and node', async () => {
  await using server = await ZooKeeperServer.start();
  await using here = await surroundings();
  await using owner = await here.start(server.connectString, 'digest mpim:right');
  await owner.registered;
  await using other = await here.start(server.connectString, 'digest mpim:wrong');
  await assert.rejects(other.registered, (error: Error & { code: string }) => {
    assert.equal(error.code, 'ZOOKEEPER_AUTH');
    assert.match(error.message, /does not let the identities in .*identities change \/services\//);
    assert.doesNotMatch(error.message, /wrong/);
    return true;
  });
  assert.match(other.notReady().join(), /not registered yet.*identities in /);
  await using nobody = await here.start(server.connectString);
  await assert.rejects(nobody.registered, /only an identity change .*--zookeeper-auth-file/);
});

test('a service whose credentials are refused at the start says so, with the file', async () => {
  await using here = await surroundings();
  await using server = await ZooKeeperServer.start({ saslUsers: { mpim: 'right' } });
  await using service = await here.start(server.connectString, 'sasl mpim:guess');
  await assert.rejects(service.registered, { code: 'ZOOKEEPER_AUTH' });
  const line = await waitFor(() => here.lines.find(({ level }) => level === 50));
  assert.match(line.msg, /refuses an identity in .*identities \(.*mpim.*start again/);
  assert.doesNotMatch(line.msg, /guess/);
});

test('a service goes on while the servers have another password than its file, and is back when both agree', async () => {
  await using here = await surroundings();
  const first = await ZooKeeperServer.start({ saslUsers: { mpim: 'old' } });
  const { port } = first;
  await using service = await here.start(first.connectString, 'sasl mpim:old');
  await service.registered;
  await first.stop();
  await using second = await ZooKeeperServer.start({ port, saslUsers: { mpim: 'new' } });
  const isTold = ({ msg }: LogLine) => /does not take the SASL user mpim.*trying on/.test(msg);
  const line = await waitFor(() => here.lines.find(isTold), { timeoutMs: 20_000 });
  assert.doesNotMatch(line.msg, /old\b/);
  assert.deepEqual(service.notReady(), []);

  await writeFile(here.file, 'sasl mpim:new');
  await using zk = await ZooKeeperClient.connect({ connectString: second.connectString });
  const path = `/services/EchoServiceRpc/${service.instanceId}`;
  await waitFor(() => zk.exists(path), { timeoutMs: 20_000 });
});

test('a service warns of nodes from before it had an identity, and takes the place of the configuration', async () => {
  await using server = await ZooKeeperServer.start();
  await using here = await surroundings();
  await using before = await here.start(server.connectString);
  await before.registered;
  await using service = await here.start(server.connectString, 'digest mpim:secret');
  await service.registered;
  const line = await waitFor(() => here.lines.find(({ msg }) => /mpim access close/.test(msg)));
  assert.deepEqual(line.open, ['/services', '/services/EchoServiceRpc', '/EchoServiceRpc']);
});
