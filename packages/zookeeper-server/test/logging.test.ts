import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import {
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeAuthPacket,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetAclRequest,
} from '@mpim/zookeeper/protocol';
import { type Logger, ZooKeeperServer } from '@mpim/zookeeper-server';
import { digestOf } from '../src/acl/digest-scheme.ts';
import { RawClient, requestFrame } from './support/raw-client.ts';

/** Everything that is logged, at whatever level, as text. */
class Everything implements Logger {
  readonly lines: string[] = [];
  readonly debug = this.#keep('debug');
  readonly info = this.#keep('info');
  readonly warn = this.#keep('warn');
  readonly error = this.#keep('error');

  #keep(level: string) {
    return (facts: object, message: string) => {
      const plain = Object.entries(facts).map(([key, value]) => {
        return [key, value instanceof Error ? `${value.stack} ${value.cause}` : value];
      });
      this.lines.push(`${level} ${message} ${JSON.stringify(Object.fromEntries(plain))}`);
    };
  }
}

const SECRET = 'correct-horse-battery';

function create(path: string, data: string) {
  return (output: JuteWriter) =>
    writeCreateRequest(output, { path, data: Buffer.from(data), acl: OPEN_ACL, flags: 0 });
}

function auth(scheme: string, credentials: string) {
  return (output: JuteWriter) =>
    writeAuthPacket(output, { type: 0, scheme, auth: Buffer.from(credentials) });
}

function sasl(token: string): Buffer {
  return requestFrame(OpCode.sasl, 1, (output) => output.buffer(Buffer.from(token)));
}

test('the log tells of sessions, refusals and a slow disk, and no secret', async () => {
  await using folder = await temporaryFolder();
  const logger = new Everything();
  await using server = await ZooKeeperServer.start({
    logger,
    dataDir: folder.path,
    maxConnections: 3,
    slowWriteWarningMs: 0,
    superDigest: digestOf(`super:${SECRET}`),
    saslUsers: { bob: SECRET },
  });
  using client = await RawClient.open(server.port);
  const { sessionId = 0n, password } = client.session ?? {};
  await client.request(OpCode.auth, auth('digest', `alice:${SECRET}`), -4);
  await client.request(OpCode.create, create('/a', SECRET));
  await client.request(OpCode.setACL, (output) =>
    writeSetAclRequest(output, {
      path: '/a',
      acl: [{ permissions: 31, scheme: 'auth', id: '' }],
      version: -1,
    }),
  );
  // What nobody understands holds the secret too, in places where a careless line would print it.
  const hostile = [
    requestFrame(OpCode.auth, -4, auth('magic', SECRET)),
    Buffer.concat([sasl(''), sasl(`username="${SECRET}"`)]),
    requestFrame(OpCode.auth, -4, (output) => output.raw(Buffer.from(SECRET))),
    requestFrame(9999, 1, (output) => output.raw(Buffer.from(SECRET))),
    Buffer.from(SECRET),
  ];
  for (const bytes of hostile) {
    using other = await RawClient.open(server.port);
    other.socket.write(bytes);
    await other.whenClosed();
  }
  for (const attempt of [
    { sessionId, password: Buffer.alloc(16, 7) },
    { lastZxidSeen: 2n ** 60n },
  ]) {
    using thief = await RawClient.open(server.port, attempt);
    await thief.whenClosed();
  }
  using _second = await RawClient.open(server.port);
  using third = await RawClient.open(server.port);
  using refused = await RawClient.open(server.port);
  assert.equal(refused.session, null);
  await third.request(OpCode.getData, (output) =>
    writePathWatchRequest(output, { path: '/a', watch: false }),
  );
  await third.request(OpCode.closeSession);
  server.expireSession(sessionId);
  await client.whenClosed();
  await server.stop();

  const log = logger.lines.join('\n');
  for (const line of [
    /^info ZooKeeper server is listening /m,
    /^info session opened .*"sessionId":"0x[0-9a-f]+","timeoutMs":10000/m,
    /^info session closed .*"sessionId":"0x/m,
    /^info session expired .*"sessionId":"0x/m,
    /^debug connection closed .*"reason":"session expired"/m,
    /^info refused a session that is gone or not theirs .*"address":"127\.0\.0\.1"/m,
    /^warn refused a client that has seen a later zxid/m,
    /^warn too many connections /m,
    /^warn authentication failed/m,
    /^warn SASL authentication failed/m,
    /^warn bad frame/m,
    /^warn writing to the transaction log takes long.*"elapsedMs":\d+/m,
  ]) {
    assert.match(log, line);
  }
  assert.ok(password);
  for (const secret of [
    SECRET,
    Buffer.from(SECRET).toString('base64').slice(0, -4),
    digestOf(`alice:${SECRET}`).split(':')[1] ?? '',
    digestOf(`super:${SECRET}`).split(':')[1] ?? '',
    password.toString('hex'),
    password.toString('base64'),
    password.toJSON().data.join(','),
  ]) {
    assert.ok(!log.includes(secret), `the log tells ${secret}`);
  }
});
