import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { missingDebianPackage, temporaryFolder, waitFor } from '@mpim/testkit';
import { parseZooCfg, ZooKeeperServer } from '@mpim/zookeeper-server';
import { certificate, openssl } from '../support/certificates.ts';
import { connectFrame } from '../support/raw-client.ts';

const missing = await missingDebianPackage('openssl');
const skip = missing ?? false;

/** Opens a session over TLS; the bytes of the answer, null if none comes. */
async function session(port: number, options: object): Promise<Buffer | null> {
  let ended = false;
  const chunks: Buffer[] = [];
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ...options });
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
  });
  socket.write(connectFrame());
  await waitFor(() => ended || Buffer.concat(chunks).length >= 41);
  socket.destroy();
  return chunks.length === 0 ? null : Buffer.concat(chunks);
}

test('a zoo.cfg opens a door for TLS with a PEM or a PKCS12 key store', { skip }, async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const own = await certificate(folder.path, 'server', '/CN=server');
  const bob = await certificate(folder.path, 'bob', '/O=Example/CN=bob');
  const eve = await certificate(folder.path, 'eve', '/CN=eve');
  await writeFile(at('both.pem'), own.key + own.cert);
  await writeFile(at('password'), 'secret\n');
  const files = ['-inkey', at('server.key'), '-in', at('server.crt'), '-out', at('own.p12')];
  await openssl('pkcs12', '-export', ...files, '-passout', 'pass:secret');
  for (const keyStore of [
    `ssl.keyStore.location=${at('both.pem')}`,
    `ssl.keyStore.location=${at('own.p12')}\nssl.keyStore.passwordPath=${at('password')}`,
  ]) {
    for (const [auth, strangers] of [
      ['need', false],
      ['want', true],
      ['none', true],
    ] as const) {
      const { options, warnings } = parseZooCfg(
        `dataDir=${at(`data-${auth}`)}
clientPort=0
clientPortAddress=127.0.0.1
secureClientPort=0
${keyStore}
ssl.trustStore.location=${at('bob.crt')}
ssl.clientAuth=${auth}`,
        'zoo.cfg',
      );
      assert.deepEqual(warnings, []);
      await using server = await ZooKeeperServer.start(options);
      const port = server.secure?.port ?? 0;
      assert.equal((await session(port, { ca: own.cert, ...bob }))?.length, 41);
      assert.equal((await session(port, { ca: own.cert })) !== null, strangers, auth);
      assert.equal((await session(port, { ca: own.cert, ...eve })) !== null, strangers, auth);
      const response = await fetch(
        `http://127.0.0.1:${(await server.openAdmin()).port}/commands/conf`,
      );
      assert.equal(((await response.json()) as Record<string, unknown>).secure_client_port, port);
    }
  }
});

test('the version of TLS and the suites are settings', { skip }, async () => {
  await using folder = await temporaryFolder();
  const tls = await certificate(folder.path, 'server', '/CN=server');
  await using server = await ZooKeeperServer.start({
    tls: { ...tls, protocols: ['TLSv1.2'], ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] },
  });
  const socket = connect({ port: server.port, host: '127.0.0.1', ca: tls.cert });
  await waitFor(() => socket.getProtocol() === 'TLSv1.2');
  assert.equal(socket.getCipher().standardName, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
  socket.destroy();
  assert.equal(await session(server.port, { ca: tls.cert, minVersion: 'TLSv1.3' }), null);
});

test('a store that cannot be used is named, with the way to make a usable one', {
  skip,
}, async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const own = await certificate(folder.path, 'server', '/CN=server');
  await writeFile(at('both.pem'), own.key + own.cert);
  await writeFile(at('broken.pem'), 'no certificate');
  const keyStore = { location: at('both.pem') };
  for (const [stores, message] of [
    [{ keyStore: { location: at('own.jks') } }, /own\.jks is a JKS store.*keytool -importkeystore/],
    [{ keyStore: { location: at('absent.pem') } }, /cannot read .*absent\.pem for TLS: ENOENT/],
    [{ keyStore: { location: at('broken.pem') } }, /certificates for .* cannot be used/],
    [{ keyStore, trustStore: { location: at('t.jks') } }, /keytool -list -rfc -keystore/],
    [{ keyStore, trustStore: { location: at('t.p12') } }, /openssl pkcs12 -in .* -nokeys/],
  ] as const) {
    const tls = stores;
    await assert.rejects(ZooKeeperServer.start({ secure: { tls } }), {
      code: 'BAD_OPTION',
      message,
    });
  }
});
