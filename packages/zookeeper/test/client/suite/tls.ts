import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Authority, FaultProxy, replaceFile, temporaryFolder, waitFor } from '@mpim/testkit';
import { TlsFiles, type TlsOptions, ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { connectToFreshTree, stateOf } from './server-under-test.ts';

/** The authority of servers and clients in this suite. */
export const authority = new Authority('zookeeper');
/** What the servers show. */
export const serverCertificate = authority.issue('zk.test', { names: ['zk.test', 'localhost'] });

/** A server with a plain port and one for TLS. */
export interface SecureServer {
  readonly port: number;
  readonly securePort: number;
}

const { ca } = authority;
const alice = authority.issue('alice');

/** TLS and client certificates, against a server that shows {@link serverCertificate} and may want a certificate of `authority`. */
export function tls(server: () => SecureServer, wants: 'a certificate' | 'none'): void {
  const own = wants === 'none' ? {} : alice;
  const secure = () => ({ connectString: `localhost:${server().securePort}` });
  const plain = () => ({ connectString: `127.0.0.1:${server().port}` });

  describe(`TLS, with a server that wants ${wants}`, { concurrency: true }, () => {
    it('carries a session over reconnects, as much data as there is', async () => {
      await using proxy = await FaultProxy.start(server().securePort);
      await using zk = await connectToFreshTree(proxy, { tls: { ca, ...own } });
      const id = zk.sessionId;
      const data = Buffer.alloc(1_000_000, 'data ');
      await zk.create('/big', data);
      const { watch } = await zk.getAndWatch('/big');
      proxy.cut();
      await stateOf(zk, 'suspended');
      assert.deepEqual((await zk.get('/big')).data, data);
      await Promise.all(Array.from({ length: 500 }, (_, i) => zk.create(`/n${i}`, `${i}`)));
      await zk.set('/big', 'small');
      assert.equal((await watch.event).type, 'changed');
      assert.equal(zk.sessionId, id);
    });

    it('says why a server is not trusted', async () => {
      const stranger = new Authority('strangers');
      const misnamed = { ca, ...own, serverName: 'other.test' };
      await Promise.all([
        fails(secure(), { ca: stranger.ca, ...own }, /authority that is not trusted.*tls\.ca/),
        fails(secure(), { ...own }, /authority that is not trusted/),
        fails(secure(), misnamed, /for another host.*other\.test/),
      ]);
    });

    it('takes another name for the host, or any if told to', async () => {
      for (const name of [{ serverName: 'zk.test' }, { serverName: 'x.test', verifyHost: false }]) {
        await using zk = await connectToFreshTree(secure(), { tls: { ca, ...own, ...name } });
        await zk.exists('/');
      }
    });

    it('says when one side speaks TLS and the other does not', async () => {
      await Promise.all([
        fails(plain(), { ca, ...own }, /speak TLS on this port/),
        fails(secure(), undefined, /wants TLS.*options\.tls/),
      ]);
    });

    if (wants === 'none') return;

    it('makes the client known by its certificate', async () => {
      await using zk = await connectToFreshTree(secure(), { tls: { ca, ...alice } });
      const acl = [{ permissions: 31, scheme: 'x509', id: 'CN=alice' }];
      await zk.create('/mine', 'x', { acl });
      assert.equal((await zk.get('/mine')).data?.toString(), 'x');
      const bob = authority.issue('bob');
      const connectString = `${secure().connectString}${zk.chroot}`;
      await using other = await ZooKeeperClient.connect({ connectString, tls: { ca, ...bob } });
      await assert.rejects(other.get('/mine'), { code: 'NO_AUTH' });
    });

    it('takes replaced files into use at the next connect, and keeps the last good ones', async () => {
      await using folder = await temporaryFolder();
      const at = (name: string) => join(folder.path, name);
      const write = (files: { ca?: string; cert?: string; key?: string }) =>
        Promise.all(Object.entries(files).map(([name, text]) => replaceFile(at(name), text)));
      await write({ ca, ...alice });
      const files = new TlsFiles({ ca: at('ca'), cert: at('cert'), key: at('key') });
      const told: string[] = [];
      files.on('reloaded', () => told.push('reloaded'));
      files.on('refused', ({ code, message }) => told.push(`${code} ${message}`));
      await using proxy = await FaultProxy.start(server().securePort);
      await using zk = await connectToFreshTree(proxy, { tls: files });
      const id = zk.sessionId;
      const subject = async () => (await zk.whoAmI()).find(({ scheme }) => scheme === 'x509')?.user;
      const reconnect = async () => {
        proxy.cut();
        await stateOf(zk, 'suspended');
        await stateOf(zk, 'connected');
      };
      assert.equal(await subject(), 'CN=alice');

      // The connection that is open notices nothing; the next one shows the new certificate in the same session.
      await write(authority.issue('bob'));
      files.look();
      assert.equal(await subject(), 'CN=alice');
      assert.equal(zk.state.kind, 'connected');
      await reconnect();
      assert.equal(await subject(), 'CN=bob');
      assert.deepEqual(told, ['reloaded']);

      // Another's key, no certificate at all, no file: each is told once, and nothing changes.
      const carol = authority.issue('carol');
      for (const [spoil, reason] of [
        [
          () => write({ cert: carol.cert }),
          /^BAD_ARGUMENTS options\.tls: .*cert, .*key cannot be used: .*key values mismatch/,
        ],
        [
          () => write({ ca: 'no certificate' }),
          /^BAD_ARGUMENTS options\.tls: .*ca, .*cert, .*key cannot be used/,
        ],
        [() => rm(at('key')), /^BAD_ARGUMENTS options\.tls: key cannot be read: .*ENOENT.*key/],
      ] as const) {
        told.length = 0;
        await spoil();
        await reconnect();
        await reconnect();
        assert.equal(await subject(), 'CN=bob');
        assert.equal(told.length, 1);
        assert.match(told[0] ?? '', reason);
      }
      told.length = 0;
      await write({ ca, ...carol });
      await reconnect();
      assert.equal(await subject(), 'CN=carol');
      assert.deepEqual(told, ['reloaded']);

      // The authority is replaced like the rest: who is not trusted any more is not spoken to.
      await write({ ca: new Authority('strangers').ca });
      proxy.cut();
      await stateOf(zk, 'suspended');
      await waitFor(() => told.length === 2);
      await write({ ca });
      await stateOf(zk, 'connected');
      assert.equal(await subject(), 'CN=carol');
      assert.equal(zk.sessionId, id);
    });

    it('says when the client shows no certificate, or one the server does not take', async () => {
      const stranger = new Authority('strangers').issue('alice');
      await Promise.all([
        fails(secure(), { ca }, /wants a certificate.*tls\.cert/),
        fails(
          secure(),
          { ca, ...stranger },
          /not take the client|or a certificate \(options\.tls\)/,
        ),
      ]);
    });
  });
}

/** Ms for one attempt; a second one has more, for a JVM's first handshakes on a busy machine. */
const TIMEOUTS_MS = [2500, 15_000];

/** Connects in vain, and finds the host and the reason in the error. */
async function fails(
  server: { connectString: string },
  tlsOptions: TlsOptions | undefined,
  reason: RegExp,
): Promise<void> {
  for (const connectTimeoutMs of TIMEOUTS_MS) {
    const options = { ...server, tls: tlsOptions, connectTimeoutMs };
    const error: unknown = await ZooKeeperClient.connect(options).then(
      async (zk) => {
        await zk.close();
        assert.fail('it connected');
      },
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof ZooKeeperError);
    assert.equal(error.code, 'CONNECT_TIMEOUT');
    assert.ok(error.message.includes(server.connectString), error.message);
    const isUnanswered = / yet\b/.test(error.message);
    if (isUnanswered && connectTimeoutMs !== TIMEOUTS_MS.at(-1)) continue;
    assert.match(error.message, reason);
    return;
  }
}
