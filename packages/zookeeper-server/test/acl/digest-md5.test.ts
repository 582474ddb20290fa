import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  ErrorCode,
  type JuteWriter,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { systemRandom, ZooKeeperServer } from '@mpim/zookeeper-server';
import { DigestMd5 } from '../../src/acl/digest-md5.ts';
import { RawClient } from '../support/raw-client.ts';

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest();

/** The answer to a challenge as a client computes it. */
function answerTo(challenge: Buffer, user: string, password: string): Buffer {
  const nonce = /nonce="([^"]*)"/.exec(challenge.toString())?.[1] ?? '';
  const uri = 'zookeeper/zk-sasl-md5';
  const secret = md5(`${user}:zk-sasl-md5:${password}`);
  const a1 = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:abc`)])).toString('hex');
  const a2 = md5(`AUTHENTICATE:${uri}`).toString('hex');
  const response = md5(`${a1}:${nonce}:00000001:abc:auth:${a2}`).toString('hex');
  return Buffer.from(
    `charset=utf-8,username="${user}",realm="zk-sasl-md5",nonce="${nonce}",nc=00000001,cnonce="abc",` +
      `digest-uri="${uri}",maxbuf=65536,response=${response},qop=auth`,
  );
}

test('the right password proves the name, once per challenge', () => {
  const exchange = new DigestMd5({ bob: 'secret' }, systemRandom);
  const challenge = exchange.step(Buffer.alloc(0));
  assert.ok(challenge.kind === 'challenge');
  const answer = answerTo(challenge.token, 'bob', 'secret');
  const proven = exchange.step(answer);
  assert.ok(proven.kind === 'proven');
  assert.equal(proven.user, 'bob');
  assert.match(proven.token.toString(), /^rspauth=[0-9a-f]{32}$/);
  assert.notEqual(exchange.step(answer).kind, 'proven');
});

test('wrong passwords, unknown names and garbage fail', () => {
  const exchange = new DigestMd5({ bob: 'secret' }, systemRandom);
  for (const make of [
    (challenge: Buffer) => answerTo(challenge, 'bob', 'wrong'),
    (challenge: Buffer) => answerTo(challenge, 'toString', 'secret'),
    (challenge: Buffer) =>
      answerTo(
        Buffer.from(`x${challenge.toString('latin1').replace(/nonce="./, 'nonce="?')}`),
        'bob',
        'secret',
      ),
    () => Buffer.from('username="bob",username="bob"'),
    () => Buffer.from('"'),
  ]) {
    const challenge = exchange.step(Buffer.alloc(0));
    assert.ok(challenge.kind === 'challenge');
    assert.equal(exchange.step(make(challenge.token)).kind, 'failed');
  }
});

const saslAcl = [{ permissions: 31, scheme: 'sasl', id: 'bob' }];
const create = (path: string) => (output: JuteWriter) =>
  writeCreateRequest(output, { path, data: null, acl: saslAcl, flags: 0 });
const read = (path: string) => (output: JuteWriter) =>
  writePathWatchRequest(output, { path, watch: false });

test('nodes of a SASL user are closed to others', async () => {
  await using server = await ZooKeeperServer.start({ saslUsers: { bob: 'secret' } });
  using bob = await RawClient.open(server.port);
  const first = await bob.request(OpCode.sasl, (output) => output.buffer(Buffer.alloc(0)));
  const answer = answerTo(first?.body.buffer() ?? Buffer.alloc(0), 'bob', 'secret');
  assert.equal((await bob.request(OpCode.sasl, (output) => output.buffer(answer)))?.error, 0);
  assert.equal((await bob.request(OpCode.create, create('/bob')))?.error, 0);
  assert.equal((await bob.request(OpCode.getData, read('/bob')))?.error, 0);
  using other = await RawClient.open(server.port);
  assert.equal((await other.request(OpCode.getData, read('/bob')))?.error, ErrorCode.NOAUTH);
  await other.request(OpCode.sasl, (output) => output.buffer(Buffer.alloc(0)));
  const wrong = await other.request(OpCode.sasl, (output) => output.buffer(Buffer.from('x=y')));
  assert.equal(wrong?.error, ErrorCode.AUTHFAILED);
  await other.whenClosed();
});

test('without users there is no such scheme', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  assert.equal((await client.request(OpCode.create, create('/a')))?.error, ErrorCode.INVALIDACL);
  const answer = await client.request(OpCode.sasl, (output) => output.buffer(Buffer.alloc(0)));
  assert.equal(answer?.error, 0);
  assert.equal(answer?.body.buffer(), null);
  assert.equal((await client.ping())?.error, 0, 'it may go on without');
});

/** Goes through a whole exchange; the code of its end. */
async function prove(client: RawClient, password: string): Promise<number | undefined> {
  const first = await client.request(OpCode.sasl, (output) => output.buffer(Buffer.alloc(0)));
  const answer = answerTo(first?.body.buffer() ?? Buffer.alloc(0), 'bob', password);
  return (await client.request(OpCode.sasl, (output) => output.buffer(answer)))?.error;
}

test('a SASL super user may do everything', async () => {
  const saslUsers = { bob: 'secret' };
  await using server = await ZooKeeperServer.start({ saslUsers, superUsers: ['eve', 'bob'] });
  using bob = await RawClient.open(server.port);
  const acl = [{ permissions: 31, scheme: 'sasl', id: 'eve' }];
  await bob.request(OpCode.create, (output) =>
    writeCreateRequest(output, { path: '/eve', data: null, acl, flags: 0 }),
  );
  assert.equal((await bob.request(OpCode.getData, read('/eve')))?.error, ErrorCode.NOAUTH);
  assert.equal(await prove(bob, 'secret'), 0);
  assert.equal((await bob.request(OpCode.getData, read('/eve')))?.error, 0);
});

test('a client whose exchange failed is cut off, kept, or told that it must prove itself', async () => {
  const saslUsers = { bob: 'secret' };
  for (const [options, code, stays] of [
    [{}, ErrorCode.AUTHFAILED, false],
    [{ allowSaslFailedClients: true }, ErrorCode.OK, true],
    [
      { allowSaslFailedClients: true, enforceAuthSchemes: ['sasl'] },
      ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH,
      false,
    ],
  ] as const) {
    await using server = await ZooKeeperServer.start({ saslUsers, ...options });
    using client = await RawClient.open(server.port);
    assert.equal(await prove(client, 'wrong'), code);
    if (stays) assert.equal((await client.ping())?.error, 0);
    else await client.whenClosed();
  }
});
