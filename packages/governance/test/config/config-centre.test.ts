import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { ConfigCentre, MAX_CONFIG_BYTES } from '../../src/index.ts';
import { connect, startServer } from '../support/embedded.ts';

const PATH = '/config/services/UserServiceRpc';

test('a document is written, read, and versioned by its znode', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const config = new ConfigCentre(zk);
  assert.equal(await config.get('UserServiceRpc'), null);
  const first = await config.set('UserServiceRpc', { ip: '127.0.0.1', port: 6000 });
  assert.equal(first.version, 0);
  const second = await config.set('UserServiceRpc', { port: 6001 });
  assert.equal(second.version, 1);
  assert.deepEqual(await config.get('UserServiceRpc'), second);
  assert.equal(String((await zk.get(PATH)).data), '{"port":6001}');
  assert.ok(Math.abs(second.modifiedAt - Date.now()) < 60_000);
});

test('an expected version guards the change', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const config = new ConfigCentre(zk);
  const conflict = (actualVersion: number | null) => ({ code: 'VERSION_CONFLICT', actualVersion });
  await assert.rejects(config.set('A', { n: 1 }, { expectedVersion: 0 }), conflict(null));
  await config.set('A', { n: 1 }, { expectedVersion: null });
  await assert.rejects(config.set('A', { n: 2 }, { expectedVersion: null }), conflict(0));
  await config.set('A', { n: 2 }, { expectedVersion: 0 });
  await assert.rejects(config.set('A', { n: 3 }, { expectedVersion: 0 }), conflict(1));
  assert.deepEqual((await config.get('A'))?.value, { n: 2 });
});

test('many who write without a version all get through', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const config = new ConfigCentre(zk);
  const writes = Array.from({ length: 10 }, (_, n) => config.set('A', { n }));
  const versions = (await Promise.all(writes)).map(({ version }) => version);
  assert.deepEqual(
    versions.sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('what is no JSON object, or too large, is refused', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const config = new ConfigCentre(zk);
  const refusal = { code: 'INVALID_DOCUMENT' };
  await assert.rejects(config.set('A', { text: 'x'.repeat(MAX_CONFIG_BYTES) }), refusal);
  await assert.rejects(config.set('a/b', {}), { code: 'INVALID_RECORD' });
  await zk.ensurePath('/config/services');
  for (const data of ['', '[]', 'null', '{', null]) {
    await zk.create('/config/services/A', data);
    await assert.rejects(config.get('A'), refusal);
    await zk.delete('/config/services/A');
  }
});

test('R10: a watch tells of every change, over lost sessions and bad documents', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using admin = await connect(server);
  const warnings: object[] = [];
  const logger = { info() {}, warn: (facts: object) => warnings.push(facts) };
  const config = new ConfigCentre(admin);
  const abort = new AbortController();
  const seen: unknown[] = [];
  const watching = (async () => {
    const watch = new ConfigCentre(zk, { logger }).watch('A', { signal: abort.signal });
    for await (const document of watch) seen.push(document?.value ?? null);
  })();
  const told = (value: unknown) =>
    waitFor(() => JSON.stringify(seen.at(-1)) === JSON.stringify(value), {
      what: JSON.stringify(value),
    });
  await told(null);
  await config.set('A', { n: 1 });
  await told({ n: 1 });
  await config.set('A', { n: 2 });
  await told({ n: 2 });
  server.expireSession(zk.sessionId);
  await config.set('A', { n: 3 });
  await told({ n: 3 });
  await admin.set('/config/services/A', 'not JSON');
  await waitFor(() => warnings.length > 0);
  await config.set('A', { n: 4 });
  await told({ n: 4 });
  await admin.delete('/config/services/A');
  await told(null);
  await config.set('A', { n: 5 });
  await told({ n: 5 });
  abort.abort();
  await watching;
  assert.deepEqual(seen, [null, { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, null, { n: 5 }]);
});

test('leaving the loop ends the watch', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const config = new ConfigCentre(zk);
  await config.set('A', { n: 1 });
  for await (const document of config.watch('A')) {
    assert.deepEqual(document?.value, { n: 1 });
    break;
  }
});
