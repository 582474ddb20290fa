import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createSecureContext, createServer, type TlsOptions } from 'node:tls';
import { Authority } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';

const authority = new Authority('tls');

/** A TLS server that shows this certificate, serves nothing, and notes for which name it is asked. */
async function shop(certificate: TlsOptions) {
  const asked: (string | undefined)[] = [];
  const listener = createServer({
    ...certificate,
    SNICallback: (name, callback) => {
      asked.push(name);
      callback(null, createSecureContext(certificate));
    },
  });
  listener.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    socket.end();
  });
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    asked,
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await once(listener, 'close');
    },
  };
}

describe('TLS', { concurrency: true }, () => {
  it('asks for the host by name, for another name if told to, and never for an address', async () => {
    for (const [host, serverName, expected] of [
      ['localhost', undefined, 'localhost'],
      ['127.0.0.1', 'zk.test', 'zk.test'],
      ['127.0.0.1', undefined, undefined],
    ] as const) {
      await using server = await shop(
        authority.issue('localhost', { names: ['localhost', 'zk.test'] }),
      );
      const connecting = ZooKeeperClient.connect({
        connectString: `${host}:${server.port}`,
        connectTimeoutMs: 300,
        tls: { ca: authority.ca, serverName },
      });
      // It came through TLS, and there is no ZooKeeper behind it.
      await assert.rejects(connecting, { code: 'CONNECT_TIMEOUT', message: /not serving/ });
      assert.equal(server.asked[0], expected);
    }
  });

  it('says that a certificate has expired', async () => {
    await using server = await shop(authority.issue('old', { expired: true }));
    const connecting = ZooKeeperClient.connect({
      connectString: `127.0.0.1:${server.port}`,
      connectTimeoutMs: 300,
      tls: { ca: authority.ca },
    });
    await assert.rejects(connecting, {
      code: 'CONNECT_TIMEOUT',
      message: /certificate has expired/,
    });
  });

  it('refuses certificates and keys that make no sense, before it connects', async () => {
    const { cert, key } = authority.issue('client');
    const other = authority.issue('other');
    for (const tls of [
      { cert },
      { key },
      { cert, key: other.key },
      { cert: 'x', key },
      { ca: 'x' },
    ]) {
      const connecting = ZooKeeperClient.connect({ connectString: '127.0.0.1:1', tls });
      await assert.rejects(
        connecting,
        { code: 'BAD_ARGUMENTS', message: /options\.tls/ },
        Object.keys(tls).join(),
      );
    }
  });
});
