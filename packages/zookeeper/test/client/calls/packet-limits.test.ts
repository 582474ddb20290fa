import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApacheZooKeeper, freePort, missingDebianPackage } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { LOWERED_BYTES, packetLimits, RAISED_BYTES } from '../suite/packet-limits.ts';
import { connect, type ServerUnderTest } from '../suite/server-under-test.ts';

const skip = await missingDebianPackage('zookeeper');

/** Servers that take longer and shorter requests than by default, while the tests of a suite run. */
function serving(start: (maxFrameBytes: number) => Promise<ServerUnderTest>): void {
  const cleanup = new AsyncDisposableStack();
  const servers = new Map<number, ServerUnderTest>();
  const get = (bytes: number) => () => {
    const server = servers.get(bytes);
    assert.ok(server !== undefined);
    return server;
  };
  before(async () => {
    const sizes = [RAISED_BYTES, LOWERED_BYTES];
    await Promise.all(
      sizes.map(async (bytes) => servers.set(bytes, cleanup.use(await start(bytes)))),
    );
  });
  after(() => cleanup.disposeAsync());
  packetLimits(get(RAISED_BYTES), get(LOWERED_BYTES));
}

describe('of the embedded server', () => {
  serving((maxFrameBytes) => ZooKeeperServer.start({ maxFrameBytes }));
});

describe('of Apache ZooKeeper', { skip: skip ?? false }, () => {
  serving((bytes) => ApacheZooKeeper.start({}, ['-Xmx256m', `-Djute.maxbuffer=${bytes}`]));
});

describe('packet limits without a server', () => {
  it('refuse a request before there is a connection, too', async () => {
    const connectString = `127.0.0.1:${await freePort()}`;
    await using zk = ZooKeeperClient.startConnecting({ connectString, maxPacketBytes: 1024 });
    await assert.rejects(zk.create('/a', Buffer.alloc(1024)), {
      code: 'BAD_ARGUMENTS',
      message: /maxPacketBytes, 1024/,
    });
  });

  it('refuse an identity that is too long', async () => {
    await using server = await ZooKeeperServer.start();
    const auth = 'x'.repeat(1024);
    const refusal = {
      code: 'BAD_ARGUMENTS',
      message: /the digest identity: .*maxPacketBytes, 1024/,
    };
    await using zk = await connect(server, { maxPacketBytes: 1024 });
    await assert.rejects(zk.addAuth('digest', auth), refusal);
    const options = { maxPacketBytes: 1024, auth: [{ scheme: 'digest', auth }] };
    await assert.rejects(connect(server, options), refusal);
  });

  it('must be whole numbers within their bounds', async () => {
    const connectString = '127.0.0.1:1';
    for (const name of ['maxPacketBytes', 'maxAnswerBytes'] as const) {
      for (const value of [0, -1, 1000, 2 ** 20 + 0.5, 2 ** 30 + 1, Number.NaN]) {
        assert.throws(() => ZooKeeperClient.startConnecting({ connectString, [name]: value }), {
          code: 'BAD_ARGUMENTS',
          message: new RegExp(`^options\\.${name} is ${value}: .* from \\d+ to 1073741824$`),
        });
      }
    }
  });
});
