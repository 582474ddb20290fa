import assert from 'node:assert/strict';
import { connect as connectPlain } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { missingDebianPackage, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import {
  ErrorCode,
  type JuteWriter,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { certificate } from './support/certificates.ts';
import { connectFrame, RawClient, requestFrame } from './support/raw-client.ts';
import { RecordingLogger } from './support/recording-logger.ts';

const missing = await missingDebianPackage('openssl');

const acl = [{ permissions: 31, scheme: 'x509', id: 'CN=bob,O=Example' }];
const create = (output: JuteWriter) =>
  writeCreateRequest(output, { path: '/bob', data: null, acl, flags: 0 });
const read = (output: JuteWriter) => writePathWatchRequest(output, { path: '/bob', watch: false });

test('a client with a certificate is known by its subject; one without is not let in', {
  skip: missing ?? false,
}, async () => {
  await using folder = await temporaryFolder();
  const own = await certificate(folder.path, 'server', '/CN=server');
  const bob = await certificate(folder.path, 'bob', '/O=Example/CN=bob');
  await using server = await ZooKeeperServer.start();
  using plain = await RawClient.open(server.port);
  assert.equal((await plain.request(OpCode.create, create))?.error, ErrorCode.INVALIDACL);
  await using door = await server.listen({ tls: { ...own, ca: bob.cert } });
  const target = { port: door.port, host: '127.0.0.1', ca: own.cert };
  const socket = connect({ ...target, ...bob });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const received = () => Buffer.concat(chunks);
  socket.write(connectFrame());
  socket.write(requestFrame(OpCode.create, 1, create));
  socket.write(requestFrame(OpCode.getData, 2, read));
  // The connect response, the created path, then data and stat.
  await waitFor(() => received().length >= 41 + 20 + 8 + 20 + 72);
  assert.equal(received().readInt32BE(41 + 16), 0);
  assert.equal((await plain.request(OpCode.getData, read))?.error, ErrorCode.NOAUTH);
  let refused = false;
  const nobody = connect(target);
  nobody.on('error', () => {});
  nobody.on('close', () => {
    refused = true;
  });
  nobody.on('data', () => assert.fail('let in'));
  nobody.write(connectFrame());
  await waitFor(() => refused);
  await door.stop();
  await waitFor(() => socket.destroyed);
  assert.equal((await plain.ping())?.error, 0);
});

test('the log says why a client is not let in at a door', { skip: missing ?? false }, async () => {
  await using folder = await temporaryFolder();
  const own = await certificate(folder.path, 'server', '/CN=server');
  const bob = await certificate(folder.path, 'bob', '/CN=bob');
  const logger = new RecordingLogger();
  await using server = await ZooKeeperServer.start({ logger });
  await using door = await server.listen({ tls: { ...own, ca: bob.cert } });
  const complaint = async (says: RegExp): Promise<void> => {
    await waitFor(() => logger.complaints.some((each) => says.test(JSON.stringify(each))));
  };
  const hello = (port: number, protocol: 'plain' | 'TLS') => {
    const at = { port, host: '127.0.0.1', rejectUnauthorized: false };
    const socket = protocol === 'TLS' ? connect(at) : connectPlain(at);
    socket.on('error', () => {});
    return socket;
  };
  hello(door.port, 'TLS');
  await complaint(/TLS handshake failed.*did not return a certificate/);
  hello(door.port, 'plain').write(connectFrame());
  await complaint(/TLS handshake failed.*wrong version number/);
  hello(door.port, 'plain').write('GET / HTTP/1.1\r\n\r\n');
  await complaint(/TLS handshake failed.*http request/);
  await using admin = await server.openAdmin();
  const metrics = await (await fetch(`http://127.0.0.1:${admin.port}/metrics`)).text();
  assert.match(metrics, /^unsuccessful_handshake 3$/m);
  hello(server.port, 'TLS');
  await complaint(/bad frame.*TLS on a port for plain clients/);
  hello(server.port, 'plain').write('GET / HTTP/1.1\r\n\r\n');
  await complaint(/bad frame.*HTTP on a port/);
});

test('the subject named as super user is stopped by no ACL', {
  skip: missing ?? false,
}, async () => {
  await using folder = await temporaryFolder();
  const own = await certificate(folder.path, 'server', '/CN=server');
  const root = await certificate(folder.path, 'root', '/O=Example/CN=root');
  await using server = await ZooKeeperServer.start({ superCertificate: 'CN=root,O=Example' });
  await using door = await server.listen({ tls: { ...own, ca: root.cert } });
  const [connectString, tls] = [
    door.connectString,
    { ca: own.cert, ...root, serverName: 'server' },
  ];
  await using client = await ZooKeeperClient.connect({ connectString, tls });
  await client.create('/bob', 'x', { acl });
  assert.equal(String((await client.get('/bob')).data), 'x');
  using plain = await RawClient.open(server.port);
  assert.equal((await plain.request(OpCode.getData, read))?.error, ErrorCode.NOAUTH);
});
