import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort, waitFor } from '@mpim/testkit';
import { RoundRobinBalancer } from '../../src/index.ts';
import { FrameFlag, FrameType } from '../../src/wire/constants.ts';
import { frame, helloFrame, scriptedServer } from '../support/scripted-peer.ts';
import { connect, startProvider } from '../support/test-service.ts';

const named = (text: string) => ({ change: () => ({ text }), read: () => ({ text }) });

/** Closes the connection at every request; counts them. */
async function cuttingServer() {
  let requests = 0;
  const server = await scriptedServer(({ type }, socket) => {
    if (type === FrameType.HELLO) socket.write(helloFrame());
    if (type !== FrameType.REQUEST) return;
    requests++;
    socket.destroy();
  });
  return Object.assign(server, { requests: () => requests });
}

describe('failover', () => {
  test('with one of two instances dead every call succeeds, and the dead one is left alone', async () => {
    await using alive = await startProvider(named('alive'));
    await using peer = connect([await freePort(), alive.port], {
      balancer: new RoundRobinBalancer(),
    });
    for (let i = 0; i < 20; i++) assert.equal((await peer.client.change({})).text, 'alive');
  });

  test('with all dead the error names the last and says that nothing was sent', async () => {
    const dead = [await freePort(), await freePort()];
    await using peer = connect(dead);
    await assert.rejects(peer.client.change({}), {
      code: 'UNAVAILABLE',
      sent: false,
      message: /none of 2 instances could take the call; .*ECONNREFUSED/,
    });
  });

  test('an instance that comes back is found without anybody telling', async () => {
    const port = await freePort();
    await using peer = connect([port]);
    await assert.rejects(peer.client.change({}), { sent: false });
    await using _provider = await startProvider(named('back'), { port });
    assert.equal((await peer.client.change({})).text, 'back');
  });

  test('a pinned call goes to its instance and no other', async () => {
    await using a = await startProvider(named('a'));
    await using b = await startProvider(named('b'));
    const dead = await freePort();
    await using peer = connect([
      { id: 'a', host: '127.0.0.1', port: a.port },
      { id: 'b', host: '127.0.0.1', port: b.port, weight: 0 },
      { id: 'c', host: '127.0.0.1', port: dead },
    ]);
    for (let i = 0; i < 6; i++) {
      assert.equal((await peer.client.change({}, { instance: 'b' })).text, 'b');
      assert.equal((await peer.client.change({})).text, 'a');
    }
    await assert.rejects(peer.client.read({}, { instance: 'c' }), { code: 'UNAVAILABLE' });
    await assert.rejects(peer.client.read({}, { instance: 'z' }), {
      code: 'UNAVAILABLE',
      reason: 'NO_INSTANCE',
      message: /there is no instance z of TestRpc/,
    });
  });

  test('calls of one hash key go to one instance; when it is dead, to one other', async () => {
    await using a = await startProvider(named('a'));
    await using b = await startProvider(named('b'));
    await using peer = connect([a.port, b.port]);
    const owner = async (hashKey: string) => (await peer.client.read({}, { hashKey })).text;
    const owners = await Promise.all(Array.from({ length: 40 }, (_, i) => owner(`user${i}`)));
    assert.deepEqual(new Set(owners), new Set(['a', 'b']));
    for (let i = 0; i < 40; i++) assert.equal(await owner(`user${i}`), owners[i]);
    await a.close();
    for (let i = 0; i < 40; i++) assert.equal(await owner(`user${i}`), 'b');
  });

  test('a lost call is repeated elsewhere when it is idempotent, and never otherwise', async () => {
    await using cutting = await cuttingServer();
    await using good = await startProvider(named('good'));
    // Prefers the one that cuts.
    const balancer = { pick: ([first]: readonly unknown[]) => first as never };
    await using peer = connect([cutting.port, good.port], { balancer });
    await assert.rejects(peer.client.change({}), { code: 'UNAVAILABLE', sent: true });
    assert.equal(cutting.requests(), 1);
    await using second = connect([cutting.port, good.port], { balancer });
    assert.equal((await second.client.read({})).text, 'good');
    assert.equal(cutting.requests(), 2);
  });

  test('with one instance an idempotent call is tried three times, then fails with sent', async () => {
    await using cutting = await cuttingServer();
    await using peer = connect([cutting.port]);
    await assert.rejects(peer.client.read({}), { code: 'UNAVAILABLE', sent: true });
    assert.equal(cutting.requests(), 3);
  });

  test('a peer that is no mprpc server is refused before anything is sent', async () => {
    let requests = 0;
    await using stranger = await scriptedServer(({ type }, socket) => {
      if (type === FrameType.HELLO) socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      if (type === FrameType.REQUEST) requests++;
    });
    await using peer = connect([stranger.port]);
    await assert.rejects(peer.client.change({}), { code: 'UNAVAILABLE', sent: false });
    assert.equal(requests, 0);
  });

  test('a peer that never says HELLO costs the connect timeout, not the deadline', async () => {
    await using mute = await scriptedServer(() => {});
    await using good = await startProvider(named('good'));
    await using peer = connect([mute.port, good.port], {
      balancer: { pick: ([first]) => first as never },
      connectTimeoutMs: 50,
    });
    assert.equal((await peer.client.change({})).text, 'good');
  });

  test('calls that wait for a mute peer go elsewhere within a second, with one place to go they wait', async () => {
    await using mute = await scriptedServer(() => {});
    await using good = await startProvider(named('good'));
    const balancer = { pick: ([first]: readonly unknown[]) => first as never };
    await using peer = connect([mute.port, good.port], { balancer, stallProbeMs: 20 });
    await using alone = connect([mute.port], { connectTimeoutMs: 300, stallProbeMs: 20 });
    const start = performance.now();
    const lonely = alone.client.change({}).catch(() => performance.now() - start);
    assert.equal((await peer.client.change({})).text, 'good');
    assert.ok(performance.now() - start < 1000);
    assert.equal(peer.channel.stats.stalls, 1);
    assert.ok(((await lonely) as number) >= 295);
  });

  test('a server that goes silent is noticed by its missing answer to a ping', async () => {
    let pings = 0;
    await using silent = await scriptedServer(({ type }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type === FrameType.PING) pings++;
    });
    await using peer = connect([silent.port], { keepaliveMs: 30 });
    const start = performance.now();
    await assert.rejects(peer.client.change({}), { code: 'UNAVAILABLE', reason: 'PEER_DEAD' });
    assert.equal(pings, 1);
    assert.ok(performance.now() - start < 1000);
  });

  test('one that answers pings is kept while it takes its time', async () => {
    const answer = Promise.withResolvers<void>();
    await using slow = await startProvider({
      change: async () => {
        await answer.promise;
        return { text: 'late' };
      },
    });
    await using peer = connect([slow.port], { keepaliveMs: 10 });
    const call = peer.client.change({});
    const start = performance.now();
    await waitFor(() => performance.now() - start > 100);
    answer.resolve();
    assert.equal((await call).text, 'late');
  });

  test('an answer to a ping that waits while this process is stalled counts', async () => {
    let pings = 0;
    await using server = await scriptedServer(({ type, id, body }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type !== FrameType.PING) return;
      if (++pings === 1) {
        socket.write(frame(FrameType.PING, FrameFlag.ACK, id, body));
        // The answer is in the client's socket, but its clock rings before it is read.
        for (const end = performance.now() + 60; performance.now() < end; );
      } else {
        socket.write(frame(FrameType.RESPONSE, FrameFlag.END, 1, Buffer.from('{"text":"late"}')));
      }
    });
    await using peer = connect([server.port], { keepaliveMs: 20 });
    assert.equal((await peer.client.change({})).text, 'late');
  });

  test('a broken answer ends the connection with a word about it', async () => {
    const told: string[] = [];
    await using broken = await scriptedServer(({ type, body }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type === FrameType.REQUEST) socket.write(frame(FrameType.STATUS, 0, 1, Buffer.alloc(2)));
      if (type === FrameType.GOAWAY) told.push(body.toString('utf8', 5));
    });
    await using peer = connect([broken.port]);
    await assert.rejects(peer.client.change({}), { code: 'UNAVAILABLE', reason: 'BAD_FRAME' });
    await waitFor(() => told.length > 0);
    assert.match(told[0] ?? '', /bad frame: the message of a STATUS runs past its frame/);
  });
});
