import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { FaultProxy, waitFor } from '@mpim/testkit';
import { ServiceDiscovery } from '../../src/index.ts';
import { noProvider, SERVICE } from '../support/discovered.ts';
import { connect, startServer } from '../support/embedded.ts';

test('an address only in the seed layout is believed for its time, then asked for again', async () => {
  await using server = await startServer();
  await using proxy = await FaultProxy.start(server.port);
  await using zk = await connect(proxy);
  await using admin = await connect(server);
  await zk.create('/UserServiceRpc', null);
  await zk.create('/UserServiceRpc/Login', '[::1]:6000');
  await using discovery = new ServiceDiscovery(zk, { addressCacheTtlMs: 100, snapshotAfterMs: 50 });
  const first = await discovery.resolve(SERVICE, 'Login');
  assert.deepEqual([first[0]?.host, first[0]?.port], ['::1', 6000]);
  assert.equal(discovery.resolve(SERVICE, 'Login'), first);
  await admin.set('/UserServiceRpc/Login', '127.0.0.1:6001');
  await waitFor(async () => (await discovery.resolve(SERVICE, 'Login'))[0]?.port === 6001);
  await admin.delete('/UserServiceRpc/Login');
  await waitFor(async () => {
    const refusal = await Promise.resolve(discovery.resolve(SERVICE, 'Login')).catch((e) => e);
    return refusal instanceof RpcError && refusal.message === noProvider.message;
  });
  await admin.create('/UserServiceRpc/Login', 'no address at all');
  await assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), noProvider);
  await admin.set('/UserServiceRpc/Login', '127.0.0.1:6002');
  await waitFor(async () => (await discovery.resolve(SERVICE, 'Login'))[0]?.port === 6002);
  // A dead peer, then a cut: the old address is better than none.
  proxy.blackhole();
  await waitFor(() => discovery.resolve(SERVICE, 'Login') instanceof Promise);
  assert.equal((await discovery.resolve(SERVICE, 'Login'))[0]?.port, 6002);
  proxy.refuse();
  proxy.cut();
  await waitFor(() => zk.state.kind !== 'connected');
  const [stale] = await discovery.resolve(SERVICE, 'Login');
  assert.equal(stale?.port, 6002);
});
