import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultProxy } from '@mpim/testkit';
import { ZooKeeperError } from '@mpim/zookeeper';
import { connectToFreshTree, type GetServer, stateOf } from './server-under-test.ts';

/** What the servers of this suite take, bytes. */
export const RAISED_BYTES = 4 * 1024 * 1024;
export const LOWERED_BYTES = 32 * 1024;
/** `jute.maxbuffer` unless told. */
const DEFAULT_BYTES = 1_048_575;

/** Lengths of requests and answers; `raised` and `lowered` are servers that take more and less than by default. */
export function packetLimits(raised: GetServer, lowered: GetServer): void {
  describe('packet limits', { concurrency: true }, () => {
    it('let through requests as long as maxPacketBytes, and no longer ones', async () => {
      for (const maxPacketBytes of [undefined, RAISED_BYTES]) {
        await using zk = await connectToFreshTree(raised(), { maxPacketBytes });
        const limit = maxPacketBytes ?? DEFAULT_BYTES;
        const refusal = await rejection(zk.create('/a', Buffer.alloc(limit)));
        const [, bytes] = /: (\d+) bytes/.exec(refusal.message) ?? [];
        const room = 2 * limit - Number(bytes);
        await assert.rejects(zk.create('/a', Buffer.alloc(room + 1)), refuses(limit));
        await zk.create('/a', Buffer.alloc(room, 7));
        const { data } = await zk.get('/a');
        assert.ok(data?.equals(Buffer.alloc(room, 7)));
        assert.equal(zk.stats.connections, 1);
      }
    });

    it('are what costs the connection where the server allows less than the client', async () => {
      await using zk = await connectToFreshTree(lowered());
      await assert.rejects(zk.create('/a', Buffer.alloc(LOWERED_BYTES)), {
        code: 'CONNECTION_LOSS',
        sent: true,
      });
      assert.equal(await zk.exists('/a'), null);
      assert.equal(zk.stats.connections, 2);
    });

    it('hold for the packets that arm watches anew', async () => {
      const server = lowered();
      await using proxy = await FaultProxy.start(server.port);
      await using zk = await connectToFreshTree(proxy, { maxPacketBytes: LOWERED_BYTES });
      const paths = Array.from({ length: 100 }, (_, at) => `/${at}-${'x'.repeat(1000)}`);
      const found = await Promise.all(paths.map((path) => zk.existsAndWatch(path)));
      await using persistent = await zk.watch('/');
      proxy.cut();
      await stateOf(zk, 'suspended');
      await Promise.all(paths.map((path) => zk.create(path, null)));
      for (const { watch } of found) assert.equal((await watch.event).type, 'created');
      assert.equal(zk.stats.connections, 2);
      await persistent.close();
    });

    it('let the call fail whose answer is longer than maxAnswerBytes, and those behind it', async () => {
      const maxAnswerBytes = 64 * 1024;
      await using zk = await connectToFreshTree(raised(), { maxAnswerBytes });
      const session = zk.sessionId;
      await zk.create('/small', 'x');
      await zk.create('/large', Buffer.alloc(maxAnswerBytes));
      const before = zk.get('/small');
      const tooLong = zk.get('/large');
      const behind = zk.get('/small');
      await before;
      const error = await rejection(tooLong);
      assert.equal(error.code, 'MARSHALLING_ERROR');
      assert.equal(error.path, '/large');
      assert.equal(error.retryable, false);
      assert.equal(error.sent, true);
      assert.match(error.message, /options\.maxAnswerBytes, 65536/);
      await assert.rejects(behind, { code: 'CONNECTION_LOSS' });
      assert.equal((await zk.get('/small')).data?.toString(), 'x');
      assert.equal(zk.sessionId, session);
      assert.equal(zk.stats.unansweredBytes, 0);
    });
  });
}

/** The error of a request that is longer than `limit`. */
function refuses(limit: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ZooKeeperError);
    assert.equal(error.code, 'BAD_ARGUMENTS');
    assert.equal(error.sent, false);
    assert.match(
      error.message,
      new RegExp(`${limit + 1} bytes.*options\\.maxPacketBytes, ${limit}`),
    );
    assert.match(error.message, /jute\.maxbuffer/);
    return true;
  };
}

async function rejection(promise: Promise<unknown>): Promise<ZooKeeperError> {
  const error: unknown = await promise.then(
    () => assert.fail('it did not reject'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ZooKeeperError, String(error));
  return error;
}
