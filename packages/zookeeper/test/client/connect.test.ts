import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { freePort } from '@mpim/testkit';
import { ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** A listener that is no ZooKeeper. */
async function impostor(behave: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    behave(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

describe('ZooKeeperClient.connect', { concurrency: 4 }, () => {
  it('gives up in time and says of each host why', async () => {
    const closed = `127.0.0.1:${await freePort()}`;
    await using silent = await impostor(() => {});
    await using rude = await impostor((socket) => socket.end());
    await using babbling = await impostor((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'));
    await using garbled = await impostor((socket) =>
      socket.write(Buffer.from('0000000201', 'hex')),
    );
    const hosts = [closed, silent.host, rude.host, babbling.host, garbled.host];
    const began = performance.now();
    const connecting = ZooKeeperClient.connect({
      connectString: hosts.join(','),
      connectTimeoutMs: 1500,
    });
    await assert.rejects(connecting, (error) => {
      assert.ok(error instanceof ZooKeeperError);
      assert.equal(error.code, 'CONNECT_TIMEOUT');
      for (const host of hosts) assert.ok(error.message.includes(host), error.message);
      assert.match(error.message, /ECONNREFUSED/);
      assert.match(error.message, /no handshake within 300 ms/);
      assert.match(error.message, /closed during the handshake/);
      assert.match(error.message, /unreadable/);
      return true;
    });
    assert.ok(performance.now() - began < 3000);
  });

  it('names a single host that says nothing, and what is missing', async () => {
    await using silent = await impostor(() => {});
    const connecting = ZooKeeperClient.connect({
      connectString: silent.host,
      connectTimeoutMs: 300,
    });
    await assert.rejects(connecting, (error) => {
      assert.ok(error instanceof ZooKeeperError);
      assert.ok(
        error.message.includes(`${silent.host}: connected, but no handshake`),
        error.message,
      );
      return true;
    });
  });

  it('gives up when its signal says so', async () => {
    const connectString = `127.0.0.1:${await freePort()}`;
    const reason = new Error('enough');
    const controller = new AbortController();
    const connecting = ZooKeeperClient.connect({ connectString, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(connecting, reason);
    await assert.rejects(
      ZooKeeperClient.connect({ connectString, signal: controller.signal }),
      reason,
    );
  });

  it('says when a name does not resolve', async () => {
    const connectString = 'no-such-host.invalid:2181';
    const connecting = ZooKeeperClient.connect({ connectString, connectTimeoutMs: 300 });
    await assert.rejects(connecting, { code: 'CONNECT_TIMEOUT', message: /no-such-host.invalid/ });
  });

  it('reaches servers by name and by IPv6 address', async (t) => {
    const reach = async (address: string, host: string) => {
      await using server = await ZooKeeperServer.start({ host: address });
      const connectString = `${host}:${server.port}`;
      await using zk = await ZooKeeperClient.connect({ connectString });
      const { state } = zk;
      assert.equal(state.kind === 'connected' && state.host, connectString);
    };
    await reach('127.0.0.1', 'localhost');
    const loopback = Object.values(networkInterfaces()).flat();
    if (loopback.some((each) => each?.address === '::1')) await reach('::1', '[::1]');
    else t.diagnostic('no IPv6 on this machine: only the name was tried');
  });

  it('refuses a connect string that means nothing', async () => {
    for (const connectString of [
      '',
      ',',
      '/chroot',
      'host:0',
      'host:99999',
      'a:b',
      'h:1/a/',
      'h//',
    ]) {
      const connecting = ZooKeeperClient.connect({ connectString });
      await assert.rejects(connecting, { code: 'BAD_ARGUMENTS' }, connectString);
    }
  });
});
