import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Authority, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { startMpim } from '../mpim.ts';

test('mpim zk speaks TLS with a certificate, and proves who it is by SASL', async () => {
  await using folder = await temporaryFolder();
  const authority = new Authority('zk');
  const { cert, key } = authority.issue('client');
  const files = { ca: authority.ca, cert, key };
  const path = (name: string) => join(folder.path, `${name}.pem`);
  for (const [name, text] of Object.entries(files)) await writeFile(path(name), text);
  await using server = await ZooKeeperServer.start({ saslUsers: { bob: 'secret:with colon' } });
  const door = await server.listen({ tls: { ...authority.issue('server'), ca: authority.ca } });

  const zk = async (env: Record<string, string>, ...args: string[]) => {
    await using child = startMpim(['zk', '--server', `127.0.0.1:${door.port}`, ...args], { env });
    return { code: await child.exit, output: child.output() };
  };
  const tls = {
    MPIM_ZOOKEEPER_TLS_CA: path('ca'),
    MPIM_ZOOKEEPER_TLS_CERT: path('cert'),
    MPIM_ZOOKEEPER_TLS_KEY: path('key'),
  };
  const bob = { ...tls, MPIM_ZOOKEEPER_SASL: 'bob:secret:with colon' };
  const created = await zk(bob, 'create', '/bob', 'mine', 'sasl:bob:cdrwa');
  assert.equal(created.code, 0, created.output);
  assert.equal((await zk(bob, 'get', '/bob')).output, 'mine');
  const stranger = await zk({ ...tls, MPIM_ZOOKEEPER_DIGEST: 'ann:secret' }, 'get', '/bob');
  assert.equal(stranger.code, 1);
  assert.match(stranger.output, /Insufficient permission/);
  const wrong = await zk({ ...tls, MPIM_ZOOKEEPER_SASL: 'bob:guess' }, 'get', '/bob');
  assert.match(wrong.output, /SASL user bob/);
  assert.doesNotMatch(wrong.output, /guess/);
  const unreadable = await zk({ ...tls, MPIM_ZOOKEEPER_SASL: 'bob' }, 'get', '/bob');
  assert.match(unreadable.output, /MPIM_ZOOKEEPER_SASL must be user:password/);
  const plain = await zk({}, 'get', '/bob');
  assert.match(plain.output, /No ZooKeeper answers.*TLS/s);
});
