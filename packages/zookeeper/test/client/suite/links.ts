import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Direction, FaultProxy, waitFor } from '@mpim/testkit';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { keepsItsPromises } from './fault-grid.ts';
import {
  connectToFreshTree,
  type GetServer,
  SHORT_SESSION_MS,
  stateOf,
} from './server-under-test.ts';

/** What becomes of calls and sessions on links that are cut within a frame, slow or half-open. */
export function links(server: GetServer): void {
  describe('links', { concurrency: true }, () => {
    for (const direction of ['to-client', 'to-server'] as const) {
      it(`cut in the middle of a frame ${direction}: a call is done or fails, and the next one works`, async () => {
        await using proxy = await FaultProxy.start(server().port);
        await using zk = await connectToFreshTree(proxy);
        const id = zk.sessionId;
        await zk.create('/n', null);
        let version = 0;
        // Lengths within, at and beyond the length, the header and the body of a frame.
        for (const bytes of [0, 1, 3, 4, 5, 16, 19, 20, 21, 40, 60]) {
          proxy.cutAfter(bytes, direction);
          const suspended = stateOf(zk, 'suspended');
          const change = zk.set('/n', `${bytes}`).catch((error) => {
            assert.equal(error.code, 'CONNECTION_LOSS');
            assert.equal(error.sent, true);
          });
          // A frame that fits leaves the rest to the next one.
          const more = zk.set('/n', `${bytes}`).catch(() => {});
          await Promise.all([suspended, change, more]);
          const { stat } = await zk.get('/n');
          const applied = stat.version - version;
          assert.ok(applied >= 0 && applied <= 2, `${applied} of two changes`);
          version = stat.version;
        }
        assert.equal(zk.sessionId, id);
      });
    }

    it('cut during the handshake are tried again', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      const id = zk.sessionId;
      for (const bytes of [1, 4, 20, 40]) {
        proxy.cut();
        await stateOf(zk, 'suspended');
        proxy.cutAfter(bytes, 'to-client');
        await zk.exists('/');
      }
      assert.equal(zk.sessionId, id);
    });

    it('that are slow carry everything, frames in parts, and the session lives', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, { sessionTimeoutMs: 2 * SHORT_SESSION_MS });
      const states: string[] = [];
      zk.on('state', ({ kind }) => states.push(kind));
      proxy.slow({ bytesPerSecond: 40_000, delayMs: 20 });
      const text = 'slow '.repeat(2000);
      await zk.create('/big', text);
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => zk.create(`/n${i}`, `${i}`, { mode: 'ephemeral' })),
      );
      assert.equal((await zk.get('/big')).data?.toString(), text);
      assert.equal((await zk.children('/')).children.length, 51);
      assert.deepEqual(states, []);
    });

    it('that are half-open are noticed, and the session goes on over another one', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, { sessionTimeoutMs: SHORT_SESSION_MS });
      const id = zk.sessionId;
      proxy.halfOpen();
      await assert.rejects(zk.create('/lost', null), { code: 'CONNECTION_LOSS', sent: true });
      await stateOf(zk, 'connected');
      assert.equal(await zk.exists('/lost'), null);
      assert.equal(zk.sessionId, id);
    });

    for (const direction of ['to-client', 'to-server'] as const) {
      it(`silent ${direction} only are noticed as well`, async () => {
        await using proxy = await FaultProxy.start(server().port);
        await using zk = await connectToFreshTree(proxy, { sessionTimeoutMs: SHORT_SESSION_MS });
        proxy.blackhole(direction);
        await stateOf(zk, 'suspended');
        proxy.heal();
        await waitFor(() => zk.state.kind === 'connected' || zk.state.kind === 'expired');
        if (zk.state.kind === 'connected') await zk.exists('/');
      });
    }

    const faults: Record<string, (proxy: FaultProxy, zk: ZooKeeperClient) => Promise<void>> = {
      'cut again and again': async (proxy, zk) => {
        for (let round = 0; round < 5; round++) {
          proxy.cut();
          await stateOf(zk, 'suspended');
          await stateOf(zk, 'connected');
        }
      },
      'cut within frames, both ways': async (proxy, zk) => {
        for (const direction of ['to-client', 'to-server'] as const) {
          for (const bytes of [5, 150]) {
            proxy.cutAfter(bytes, direction);
            await stateOf(zk, 'suspended');
            await stateOf(zk, 'connected');
          }
        }
      },
      slow: async (proxy, zk) => {
        proxy.slow({ bytesPerSecond: 20_000, delayMs: 10 });
        for (let i = 0; i < 20; i++) await zk.get('/');
        proxy.heal();
      },
      'half-open': async (proxy, zk) => {
        proxy.halfOpen();
        await stateOf(zk, 'suspended');
        await stateOf(zk, 'connected');
      },
      'silent to the client': (proxy, zk) => silent(proxy, zk, 'to-client'),
      'silent to the server': (proxy, zk) => silent(proxy, zk, 'to-server'),
      away: async (proxy, zk) => {
        proxy.refuse();
        proxy.cut();
        await stateOf(zk, 'suspended');
        // Some calls give up meanwhile, unsent.
        await assert.rejects(zk.get('/', { timeoutMs: 200 }), { sent: false });
        proxy.heal();
        await stateOf(zk, 'connected');
      },
    };
    for (const [name, happens] of Object.entries(faults)) {
      it(`that are ${name}: nothing acknowledged is lost, nothing hangs, each change is told once`, async () => {
        await using proxy = await FaultProxy.start(server().port);
        const sessionTimeoutMs = 3 * SHORT_SESSION_MS;
        await using zk = await connectToFreshTree(proxy, { sessionTimeoutMs });
        await keepsItsPromises(zk, () => happens(proxy, zk));
      });
    }
  });
}

/** What was held back reaches a server in the end, as TCP does it: only then is the link whole again. */
async function silent(proxy: FaultProxy, zk: ZooKeeperClient, direction: Direction): Promise<void> {
  proxy.blackhole(direction);
  await stateOf(zk, 'suspended');
  proxy.heal();
  await stateOf(zk, 'connected');
}
