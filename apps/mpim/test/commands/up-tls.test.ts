import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { SERVICE_SECRET_FILE } from '@mpim/service-kit';
import { Authority, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { mpim, startMpim } from '../mpim.ts';

/** The serial number that a TLS server shows. */
async function serialAt(port: number, ca: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.on('secureConnect', () => resolve(socket.getPeerCertificate().serialNumber));
  socket.on('error', reject);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

test('a running system whose services speak mTLS to each other and TLS to ZooKeeper, with reload', async () => {
  await using folder = await temporaryFolder();
  const [ours, theirs] = [new Authority('ours'), new Authority('theirs')];
  const file = (name: string) => join(folder.path, name);
  const write = async (name: string, text: string) => {
    // Whole or not at all, as certbot and Kubernetes replace them.
    await writeFile(file(`${name}.new`), text);
    await rename(file(`${name}.new`), file(name));
  };
  const issued = ours.issue('mpim');
  await Promise.all([
    write('ca.pem', ours.ca),
    write('cert.pem', issued.cert),
    write('key.pem', issued.key),
    write('stranger.pem', theirs.issue('mpim').cert),
  ]);
  const stranger = theirs.issue('mpim');
  await Promise.all([
    write('stranger.pem', stranger.cert),
    write('stranger-key.pem', stranger.key),
  ]);

  await using zookeeper = await ZooKeeperServer.start();
  const secure = await zookeeper.listen({ tls: { ...issued, ca: ours.ca } });
  const servers = `127.0.0.1:${secure.port}`;
  const tls = (prefix: string, cert = 'cert.pem', key = 'key.pem') => [
    ...[`--${prefix}-tls-ca`, file('ca.pem'), `--${prefix}-tls-cert`, file(cert)],
    ...[`--${prefix}-tls-key`, file(key)],
  ];
  const data = file('data');
  const up = startMpim(
    [
      ...['up', '--data-dir', data, '--zookeeper', servers, '--log-level', 'warn'],
      ...['--gateway-port', '0', ...tls('rpc'), ...tls('zookeeper')],
    ],
    { env: { MPIM_RPC_TLS_RELOAD_MS: '100' } },
  );
  await using _up = up;
  await up.waitForLine(/zk --server .* ls \/services$/, 60_000);
  const port = (service: string): number => {
    const line = up.stdout.find((text) => new RegExp(`^ {2}${service} `).test(text)) ?? '';
    return Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
  };

  // The gateway calls the user service for this: through mTLS, or not at all.
  const account = JSON.stringify({ user: 'alice', password: 'correct horse battery' });
  const http = /http:\/\/127\.0\.0\.1:\d+/.exec(up.stdout.join('\n'))?.[0] ?? '';
  const registered = await fetch(`${http}/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: account,
  });
  assert.ok(registered.ok, await registered.text());

  const user = ['--address', `127.0.0.1:${port('user')}`];
  const secret = ['--service-secret-file', join(data, SERVICE_SECRET_FILE)];
  const call = (...args: string[]) => mpim(['call', ...args, ...secret, '--deadline', '3000']);
  const [ok, plain, strange, found] = await Promise.all([
    call('Health/Check', '{}', '--json', ...user, ...tls('rpc')),
    call('Health/Check', '{}', ...user),
    call('Health/Check', '{}', ...user, ...tls('rpc', 'stranger.pem', 'stranger-key.pem')),
    mpim(
      [
        ...['call', 'UserServiceRpc/FindUsers', '{"users":["alice"]}', '--json', ...secret],
        ...['--zookeeper', servers, ...tls('rpc')],
      ],
      {
        env: {
          MPIM_ZOOKEEPER_TLS_CA: file('ca.pem'),
          MPIM_ZOOKEEPER_TLS_CERT: file('cert.pem'),
          MPIM_ZOOKEEPER_TLS_KEY: file('key.pem'),
        },
      },
    ),
  ]);
  assert.equal(ok.stdout, '{"status":"SERVING"}', ok.stderr);
  assert.equal(plain.code, 1);
  assert.match(plain.stderr, /UNAVAILABLE/);
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /UNAVAILABLE/);
  assert.match(found.stdout, /"alice"/, found.stderr);

  // A renewed certificate is shown to whoever connects from now on; those that are connected notice nothing.
  const renewed = ours.issue('mpim');
  await Promise.all([write('cert.pem', renewed.cert), write('key.pem', renewed.key)]);
  const serial = new X509Certificate(renewed.cert).serialNumber;
  await waitFor(async () => (await serialAt(port('user'), ours.ca)) === serial);
  const after = await call('Health/Check', '{}', '--json', ...user, ...tls('rpc'));
  assert.equal(after.stdout, '{"status":"SERVING"}', after.stderr);

  up.kill('SIGINT');
  assert.equal(await up.exit, 0);
});

test('what is missing for TLS is named', async () => {
  await using folder = await temporaryFolder();
  const cert = join(folder.path, 'cert.pem');
  const [half, unreadable, embedded] = await Promise.all([
    mpim(['call', 'Health/Check', '--address', '127.0.0.1:1', '--rpc-tls-cert', cert]),
    mpim([
      ...['call', 'Health/Check', '--address', '127.0.0.1:1', '--rpc-tls-cert', cert],
      ...['--rpc-tls-key', cert, '--rpc-tls-ca', cert],
    ]),
    mpim(['up', '--data-dir', folder.path, '--zookeeper-tls-ca', cert]),
  ]);
  assert.notEqual(half.code, 0);
  assert.match(half.stderr, /--rpc-tls-key and --rpc-tls-ca not given/);
  assert.notEqual(unreadable.code, 0);
  assert.match(unreadable.stderr, /Cannot speak TLS with .*cert\.pem.*ENOENT/);
  assert.notEqual(embedded.code, 0);
  assert.match(embedded.stderr, /leave out --zookeeper-tls-\*, or name servers with --zookeeper/);
});
