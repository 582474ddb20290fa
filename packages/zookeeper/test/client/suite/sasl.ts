import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultProxy, waitFor } from '@mpim/testkit';
import { type SaslCredentials, ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { tcpTransport } from '../../../src/client/connection/transport.ts';
import {
  connect,
  connectToFreshTree,
  type GetServer,
  type ServerUnderTest,
  stateOf,
} from './server-under-test.ts';

/** Users of the servers that this suite runs against, with passwords that are not easy to encode. */
export const SASL_USERS = {
  bob: 'secret',
  annika: 'pässwörd',
  mei: '密码 is "quoted"',
};

const bob: SaslCredentials = { username: 'bob', password: SASL_USERS.bob };

/** Proving to be somebody by SASL DIGEST-MD5, against a server that knows {@link SASL_USERS}. */
export function sasl(server: GetServer): void {
  describe('SASL', () => {
    for (const [username, password] of Object.entries(SASL_USERS)) {
      it(`lets ${username} in, who can do what nobody else can`, async () => {
        await using zk = await connectToFreshTree(server(), { sasl: { username, password } });
        const acl = [{ permissions: 31, scheme: 'sasl', id: username }];
        await zk.create('/mine', 'x', { acl });
        assert.equal((await zk.get('/mine')).data?.toString(), 'x');
        assert.ok(
          (await zk.whoAmI()).some(
            ({ scheme, user }) => `${scheme}:${user}` === `sasl:${username}`,
          ),
        );
        const connectString = `${server().connectString}${zk.chroot}`;
        await using other = await connect({ connectString });
        await assert.rejects(other.get('/mine'), { code: 'NO_AUTH' });
      });
    }

    it('is done anew on each connection, before anything else', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, { sasl: bob });
      const acl = [{ permissions: 31, scheme: 'sasl', id: 'bob' }];
      await zk.create('/mine', '0', { acl });
      const { watch } = await zk.getAndWatch('/mine');
      const id = zk.sessionId;
      for (const round of ['1', '2']) {
        proxy.refuse();
        proxy.cut();
        await stateOf(zk, 'suspended');
        const waiting = zk.get('/mine');
        proxy.heal();
        assert.ok((await waiting).data !== null, round);
      }
      await zk.set('/mine', '1');
      assert.equal((await watch.event).type, 'changed');
      assert.equal(zk.sessionId, id);
    });

    it('asks for credentials that may change on each connection, and tries on while they are refused', async () => {
      await using proxy = await FaultProxy.start(server().port);
      let password: string = SASL_USERS.bob;
      const source = () => ({ username: 'bob', password });
      await using zk = await connectToFreshTree(proxy, {
        sasl: source,
        sessionTimeoutMs: 10_000,
      });
      const id = zk.sessionId;
      assert.equal(zk.failures.size, 0);
      password = 'not-yet-known';
      proxy.cut();
      const isRefused = () => /user bob/.test(zk.failures.get(proxy.connectString) ?? '');
      await waitFor(isRefused);
      assert.equal(zk.state.kind, 'suspended');
      const waiting = zk.exists('/');
      password = SASL_USERS.bob;
      assert.notEqual(await waiting, null);
      assert.equal(zk.sessionId, id);

      // The first time, it may never have been right.
      const guess = () => ({ username: 'bob', password: 'my-guess' });
      await assert.rejects(connect(server(), { sasl: guess }), { code: 'AUTH_FAILED' });
    });

    it('blames a function that gives no credentials, and asks it again', async () => {
      const throwing = () => {
        throw new Error('ENOENT: no such file');
      };
      const waiting = async () => bob;
      const failing = [
        [throwing, /options\.sasl: the function threw Error: ENOENT/],
        [waiting, /options\.sasl: the function must give username and password, no promise/],
      ] as const;
      let source: () => unknown = throwing;
      const sasl = () => source() as typeof bob;
      const { connectString } = server();
      await using zk = ZooKeeperClient.startConnecting({ connectString, sasl });
      for (const [odd, reason] of failing) {
        source = odd;
        await waitFor(() => [...zk.failures.values()].some((each) => reason.test(each)));
      }
      source = () => bob;
      assert.notEqual(await zk.exists('/'), null);
    });

    it('begins again when it was cut short', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, { sasl: bob });
      const id = zk.sessionId;
      // Behind the answer to the handshake (41 bytes): within the challenge, and within the proof.
      for (const bytes of [41, 60, 200]) {
        proxy.cut();
        await stateOf(zk, 'suspended');
        proxy.cutAfter(bytes, 'to-client');
        await zk.exists('/');
      }
      assert.equal(zk.sessionId, id);
    });

    for (const [who, credentials] of [
      ['a wrong password', { username: 'bob', password: 'my-wrong-guess' }],
      ['an unknown name', { username: 'mallory', password: 'my-wrong-guess' }],
    ] as const) {
      it(`ends with ${who}, and says so`, async () => {
        const refused = connect(server(), { sasl: credentials });
        await assert.rejects(refused, (error) => {
          assert.ok(error instanceof ZooKeeperError);
          assert.equal(error.code, 'AUTH_FAILED');
          assert.ok(error.message.includes(`user ${credentials.username}`), error.message);
          assert.ok(!error.message.includes('my-wrong-guess'));
          return true;
        });
      });
    }

    it('ends when the server cannot prove that it knows the password', async () => {
      const tcp = tcpTransport(Math.random);
      const transport: typeof tcp = {
        connect: (host, handlers) =>
          tcp.connect(host, {
            ...handlers,
            received(chunk) {
              const at = chunk.indexOf('rspauth=');
              if (at >= 0) chunk.write('x', at + 'rspauth='.length);
              handlers.received(chunk);
            },
          }),
      };
      const refused = connect(server(), { sasl: bob, transport });
      await assert.rejects(refused, { code: 'AUTH_FAILED', message: /could not prove/ });
    });
  });
}

/** What SASL comes to with a server that knows no users. */
export function noSasl(server: () => Pick<ServerUnderTest, 'connectString'>): void {
  it('says that the server is not set up for SASL, or refuses', async () => {
    const refused = connect(server(), { sasl: bob });
    await assert.rejects(refused, { code: 'AUTH_FAILED', message: /SASL/ });
  });
}
