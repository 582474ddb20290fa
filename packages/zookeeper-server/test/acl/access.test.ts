import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  type Acl,
  ErrorCode,
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeAuthPacket,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient } from '../support/raw-client.ts';

function create(path: string, acl: readonly Acl[] = OPEN_ACL) {
  return (output: JuteWriter) => writeCreateRequest(output, { path, data: null, acl, flags: 0 });
}

function read(path: string) {
  return (output: JuteWriter) => writePathWatchRequest(output, { path, watch: false });
}

function authenticate(client: RawClient, credentials: string) {
  return client.request(
    OpCode.auth,
    (output) =>
      writeAuthPacket(output, { type: 0, scheme: 'digest', auth: Buffer.from(credentials) }),
    -4,
  );
}

const nobody: Acl[] = [{ permissions: 31, scheme: 'digest', id: 'a:b' }];

test('with skipAcl ACLs are kept but stop nobody', async () => {
  await using server = await ZooKeeperServer.start({ skipAcl: true });
  using client = await RawClient.open(server.port);
  assert.equal((await client.request(OpCode.create, create('/a', nobody)))?.error, 0);
  assert.equal((await client.request(OpCode.getData, read('/a')))?.error, 0);
});

test('who must authenticate is served nothing before, pings included', async () => {
  await using server = await ZooKeeperServer.start({ enforceAuthSchemes: ['digest'] });
  for (const op of [OpCode.ping, OpCode.getData, OpCode.create]) {
    using stranger = await RawClient.open(server.port);
    const reply = await stranger.request(op, read('/'));
    assert.equal(reply?.error, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH);
    await stranger.whenClosed();
  }
  using known = await RawClient.open(server.port);
  assert.equal((await authenticate(known, 'alice:secret'))?.error, 0);
  assert.equal((await known.request(OpCode.getData, read('/')))?.error, 0);
  await assert.rejects(ZooKeeperServer.start({ enforceAuthSchemes: ['kerberos'] }), {
    code: 'BAD_OPTION',
    message: /names kerberos; give any of digest/,
  });
});

test('the scheme digest can be switched off', async () => {
  await using server = await ZooKeeperServer.start({ digestScheme: false });
  using client = await RawClient.open(server.port);
  assert.equal(
    (await client.request(OpCode.create, create('/a', nobody)))?.error,
    ErrorCode.INVALIDACL,
  );
  assert.equal((await authenticate(client, 'alice:secret'))?.error, ErrorCode.AUTHFAILED);
  await client.whenClosed();
});

test('the hash of digests can be another one', async () => {
  const digestAlgorithm = 'sha256';
  const hash = createHash(digestAlgorithm).update('super:test').digest('base64');
  await using server = await ZooKeeperServer.start({
    digestAlgorithm,
    superDigest: `super:${hash}`,
  });
  using client = await RawClient.open(server.port);
  await client.request(OpCode.create, create('/a', nobody));
  assert.equal((await client.request(OpCode.getData, read('/a')))?.error, ErrorCode.NOAUTH);
  await authenticate(client, 'super:test');
  assert.equal((await client.request(OpCode.getData, read('/a')))?.error, 0);
  await assert.rejects(ZooKeeperServer.start({ digestAlgorithm: 'rot13' }), { code: 'BAD_OPTION' });
});

test('a reconfiguration is refused: switched off, or not to be done by one server', async () => {
  for (const [reconfigEnabled, code] of [
    [false, ErrorCode.RECONFIGDISABLED],
    [true, ErrorCode.UNIMPLEMENTED],
  ] as const) {
    await using server = await ZooKeeperServer.start({ reconfigEnabled });
    using client = await RawClient.open(server.port);
    assert.equal((await client.request(OpCode.reconfig))?.error, code);
    assert.equal((await client.ping())?.error, 0);
  }
});
