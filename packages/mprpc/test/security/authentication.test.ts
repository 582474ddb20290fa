import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { Authority, waitFor } from '@mpim/testkit';
import {
  type ClientAuthentication,
  MemoryTransport,
  type PeerIdentity,
  RpcChannel,
  RpcError,
  RpcProvider,
  type ServerAuthentication,
  StaticResolver,
  TlsTransport,
  type Transport,
  type TransportSocket,
} from '../../src/index.ts';
import { FrameFlag, FrameType, GoawayCode } from '../../src/wire/constants.ts';
import { decodeGoaway } from '../../src/wire/goaway.ts';
import { HelloField } from '../../src/wire/hello.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import {
  type Frame,
  frame,
  helloFrame,
  scriptedClient,
  scriptedServer,
} from '../support/scripted-peer.ts';
import { connect, startProvider } from '../support/test-service.ts';

const secret = randomBytes(32).toString('hex');
const other = randomBytes(32);

/** Who calls it, in JSON. */
async function whoServer(
  authentication: ServerAuthentication | undefined,
  transport?: Transport,
): Promise<RpcProvider & { port: number; calls: number }> {
  const state = { calls: 0 };
  const provider = await startProvider(
    {
      read: (_request, { identity }) => {
        state.calls++;
        return { text: JSON.stringify(identity) };
      },
    },
    {
      ...(authentication === undefined ? {} : { authentication }),
      ...(transport === undefined ? {} : { transport }),
    },
  );
  Object.defineProperty(provider, 'calls', { get: () => state.calls });
  return provider as RpcProvider & { port: number; calls: number };
}

async function ask(
  port: number,
  authentication?: ClientAuthentication,
  transport?: Transport,
): Promise<PeerIdentity> {
  await using peer = connect([port], {
    ...(authentication === undefined ? {} : { authentication }),
    ...(transport === undefined ? {} : { transport }),
  });
  return JSON.parse((await peer.client.read({})).text) as PeerIdentity;
}

const refused = { code: 'UNAUTHENTICATED', sent: false, retryable: false };

describe('authentication', () => {
  leaveNothingOpen();

  test('nothing demanded, nothing shown: an identity of none', async () => {
    await using provider = await whoServer(undefined);
    assert.deepEqual(await ask(provider.port), { kind: 'none' });
    assert.deepEqual(await ask(provider.port, { token: 'unasked' }), { kind: 'none' });
  });

  test('shared secret: right, wrong, none, another scheme; no refused caller reaches a handler', async () => {
    await using provider = await whoServer({ secrets: [secret] });
    assert.deepEqual(await ask(provider.port, { secret }), { kind: 'shared-secret' });
    await assert.rejects(ask(provider.port, { secret: other }), refused);
    await assert.rejects(ask(provider.port), refused);
    await assert.rejects(ask(provider.port, { token: secret }), refused);
    assert.equal(provider.calls, 1);
    await waitFor(() => provider.connectionCount === 0);
  });

  test('two secrets are accepted while one is being replaced', async () => {
    await using provider = await whoServer({ secrets: [other, secret] });
    assert.deepEqual(await ask(provider.port, { secret }), { kind: 'shared-secret' });
    assert.deepEqual(await ask(provider.port, { secret: other }), { kind: 'shared-secret' });
  });

  test('a caller with a secret does not talk to a server without it', async () => {
    await using open = await whoServer(undefined);
    await assert.rejects(ask(open.port, { secret }), {
      ...refused,
      message: /does not prove that it has the shared secret/,
    });
    // One that demands a proof and answers with a guess, or with the proof it was given.
    for (const echo of [false, true]) {
      const offer = Buffer.concat([Buffer.from('hmac-sha256\0'), randomBytes(32)]);
      let requests = 0;
      await using liar = await scriptedServer(({ type, body }, socket) => {
        if (type === FrameType.HELLO) {
          socket.write(helloFrame({ fields: new Map([[HelloField.AUTHENTICATION, offer]]) }));
        } else if (type === FrameType.AUTH) {
          socket.write(frame(FrameType.AUTH, 0, 0, echo ? body : randomBytes(32)));
        } else requests++;
      });
      await assert.rejects(ask(liar.port, { secret }), {
        ...refused,
        message: /does not have the shared secret/,
      });
      assert.equal(requests, 0);
    }
  });

  test('the secret never crosses the wire, and what did cross it does not open another connection', async () => {
    const inner = new MemoryTransport();
    const written: Buffer[] = [];
    const spy = (socket: TransportSocket): TransportSocket => {
      const write = socket.write.bind(socket);
      socket.write = (chunk) => {
        written.push(Buffer.from(chunk));
        return write(chunk);
      };
      return socket;
    };
    const transport: Transport = {
      connect: (address) => spy(inner.connect(address)),
      listen: (address, onSocket) => inner.listen(address, (socket) => onSocket(spy(socket))),
    };
    await using provider = await whoServer({ secrets: [secret] }, transport);
    await ask(provider.port, { secret }, transport);
    const wire = Buffer.concat(written);
    assert.ok(wire.includes('hmac-sha256'));
    assert.ok(!wire.includes(secret) && !wire.includes(Buffer.from(secret, 'hex')));
    // Played again, the caller's bytes prove nothing: the server's random bytes are others.
    const replayed = written.filter((_, index) => written[index]?.[4] === FrameType.AUTH);
    assert.ok(replayed.length > 0);
    await using tcp = await whoServer({ secrets: [secret] });
    const hello = written.find((bytes) => bytes[4] === FrameType.HELLO) as Buffer;
    const frames = await scriptedClient(tcp.port, hello, ...replayed);
    assert.equal(frames.at(-1)?.type, FrameType.GOAWAY);
    assert.equal(tcp.calls, 0);
  });

  test('token: whose it is, nobody’s, a verifier that fails; made anew for each connection', async () => {
    await using provider = await whoServer({
      verifyToken: async (token) => {
        if (token === 'broken') throw new Error('database is down');
        return token.startsWith('user-') ? token.slice(5) : undefined;
      },
    });
    const alice = { kind: 'token', subject: 'alice' };
    assert.deepEqual(await ask(provider.port, { token: 'user-alice' }), alice);
    assert.deepEqual(await ask(provider.port, { token: async () => 'user-alice' }), alice);
    await assert.rejects(ask(provider.port, { token: 'stranger' }), refused);
    await assert.rejects(ask(provider.port, { token: 'broken' }), (error: RpcError) => {
      assert.equal(error.code, 'UNAUTHENTICATED');
      assert.doesNotMatch(error.message, /database/);
      return true;
    });
    const failing = () => Promise.reject(new Error('no token today'));
    await assert.rejects(ask(provider.port, { token: failing }), {
      code: 'UNAUTHENTICATED',
      message: /no token today/,
    });
    assert.equal(provider.calls, 2);
  });

  test('a server may take secrets and tokens side by side', async () => {
    await using provider = await whoServer({ secrets: [secret], verifyToken: () => 'bob' });
    assert.deepEqual(await ask(provider.port, { secret }), { kind: 'shared-secret' });
    assert.deepEqual(await ask(provider.port, { token: 'x' }), { kind: 'token', subject: 'bob' });
  });

  test('mTLS: the name in the certificate is the identity', async () => {
    const authority = new Authority('auth');
    const server = new TlsTransport({
      ca: authority.ca,
      ...authority.issue('server'),
      requireClientCertificate: true,
    });
    const client = new TlsTransport({ ca: authority.ca, ...authority.issue('gateway-1') });
    await using provider = await whoServer(undefined, server);
    const identity = { kind: 'tls', subject: 'gateway-1' };
    assert.deepEqual(await ask(provider.port, undefined, client), identity);
    await using both = await whoServer({ secrets: [secret] }, server);
    assert.deepEqual(await ask(both.port, { secret }, client), { kind: 'shared-secret' });
    await assert.rejects(ask(both.port, undefined, client), refused);
  });

  test('a request, a garbled offer or a garbled proof before authentication is done closes the connection', async () => {
    await using provider = await whoServer({ secrets: [secret] });
    const offer = (value: Buffer) =>
      helloFrame({ fields: new Map([[HelloField.AUTHENTICATION, value]]) });
    const good = offer(Buffer.concat([Buffer.from('hmac-sha256\0'), randomBytes(32)]));
    const method = frame(FrameType.METHOD, 0, 0, Buffer.from('/test.v1.TestRpc/Read'));
    const request = frame(FrameType.REQUEST, FrameFlag.END, 1, Buffer.from('\0\0{"text":""}'));
    const attempts: Buffer[][] = [
      [helloFrame(), method, request],
      [good, method, request],
      [offer(Buffer.from('hmac-sha256')), method],
      [offer(Buffer.from('hmac-sha256\0short')), method],
      [good, frame(FrameType.AUTH, 0, 0)],
      [good, frame(FrameType.AUTH, 0, 0, randomBytes(32)), method, request],
      [good, frame(FrameType.AUTH, 0, 0, randomBytes(10_000))],
    ];
    for (const bytes of attempts) {
      const frames: Frame[] = await scriptedClient(provider.port, ...bytes);
      const types = frames.map(({ type }) => type);
      assert.deepEqual(types, [FrameType.HELLO, FrameType.GOAWAY]);
      const { body } = frames[1] as Frame;
      assert.equal(decodeGoaway(body, 0, body.length).code, GoawayCode.UNAUTHENTICATED);
    }
    const large = await scriptedClient(
      provider.port,
      good,
      frame(FrameType.AUTH, 0, 0, Buffer.alloc(100_000)),
    );
    assert.match(large.at(-1)?.body.toString() ?? '', /larger than the limit of 16384/);
    assert.equal(provider.calls, 0);
  });

  test('a caller that says nothing is cut off', async () => {
    await using provider = await startProvider({}, { handshakeTimeoutMs: 30 });
    const frames = await scriptedClient(provider.port);
    assert.equal(frames.at(-1)?.type, FrameType.GOAWAY);
    await waitFor(() => provider.connectionCount === 0);
  });

  test('one instance with another secret is passed over, not fatal', async () => {
    await using stranger = await whoServer({ secrets: [other] });
    await using provider = await whoServer({ secrets: [secret] });
    await using peer = connect([stranger.port, provider.port], {
      authentication: { secret },
      balancer: { pick: ([first]) => first as never },
    });
    assert.equal((await peer.client.read({})).text, '{"kind":"shared-secret"}');
  });

  test('what cannot work is refused when it is configured', () => {
    assert.throws(() => new RpcProvider({ authentication: {} }), { code: 'INVALID_ARGUMENT' });
    assert.throws(() => new RpcProvider({ authentication: { secrets: ['short'] } }), {
      code: 'INVALID_ARGUMENT',
    });
    const resolver = new StaticResolver([]);
    assert.throws(() => new RpcChannel({ resolver, authentication: { secret: 'short' } }), {
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('authorization', () => {
  test('decides by caller and method, before interceptors; what it throws refuses', async () => {
    let intercepted = 0;
    await using provider = await startProvider(
      {},
      {
        authentication: { verifyToken: (token) => token },
        authorize: ({ service, method, identity, metadata }) => {
          if (metadata.trouble === 'own') throw new RpcError('NOT_FOUND', 'nothing here');
          if (metadata.trouble === 'bug') throw new Error('secret');
          if (metadata.trouble === 'late') return Promise.reject(new Error('secret'));
          const subject = identity.kind === 'token' ? identity.subject : '';
          if (method === 'Change') return Promise.resolve(subject === 'admin');
          return service === 'TestRpc' || subject === 'admin';
        },
        interceptors: [
          (call, next) => {
            intercepted++;
            return next(call);
          },
        ],
      },
    );
    const denied = { code: 'PERMISSION_DENIED', reason: 'NOT_AUTHORIZED' };
    await using user = connect([provider.port], { authentication: { token: 'user' } });
    assert.equal((await user.client.read({ text: 'a' })).text, 'a');
    assert.equal(intercepted, 1);
    await assert.rejects(user.client.change({}), denied);
    await assert.rejects(user.client.list({}).next(), denied);
    await assert.rejects(user.client.collect([]), denied);
    const trouble = (word: string) => user.client.read({}, { metadata: { trouble: word } });
    await assert.rejects(trouble('own'), { code: 'NOT_FOUND' });
    for (const word of ['bug', 'late']) await assert.rejects(trouble(word), denied);
    assert.equal(intercepted, 1);
    await using admin = connect([provider.port], { authentication: { token: 'admin' } });
    assert.equal((await admin.client.change({ text: 'a' })).text, 'a');
    assert.equal((await admin.client.list({ text: 'a' }).next()).value?.text, 'a');
  });
});
