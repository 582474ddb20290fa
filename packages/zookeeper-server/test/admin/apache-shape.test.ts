import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, missingDebianPackage, waitFor } from '@mpim/testkit';
import { BothServers } from '../support/both-servers.ts';

const missing = await missingDebianPackage('zookeeper');

/** Keys and types of an answer; keys that are ids or times are all one. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf).slice(0, 1);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const fields = Object.entries(value).map(([key, field]) => [
    /^\d+$/.test(key) ? '#' : key,
    shapeOf(field),
  ]);
  // Paths and some of Apache's fields come in no particular order.
  return fields.sort();
}

test("commands answer what Apache's AdminServer answers, under the same keys", {
  skip: missing ?? false,
}, async (t) => {
  const port = await freePort();
  const admin = { 'admin.enableServer': true, 'admin.serverPort': port };
  await using both = await BothServers.start(
    { ...admin, 'admin.serverAddress': '127.0.0.1' },
    { admin: {} },
  );
  const fetchFrom = (at: number, path: string) => fetch(`http://127.0.0.1:${at}/commands${path}`);
  await waitFor(() => fetchFrom(port, ''), { what: 'the admin port of Apache ZooKeeper' });
  const ourPort = both.ours.admin?.port ?? 0;
  const namesIn = async (at: number) =>
    [...(await (await fetchFrom(at, '')).text()).matchAll(/href="\/commands\/(\w+)"/g)].map(
      ([, name]) => name ?? '',
    );
  const names = await namesIn(port);
  assert.deepEqual(await namesIn(ourPort), names);
  const ask = async (at: number, path: string) => {
    const response = await fetchFrom(at, path);
    assert.equal(response.status, 200, path);
    return (await response.json()) as Record<string, unknown>;
  };
  const special = ['environment', 'system_properties', 'monitor', 'initial_configuration', 'dump'];
  const resets = names.filter((name) => /reset/.test(name));
  const aliases = ['conf', 'config', 'cons', 'env', 'gtmk', 'isro', 'lsnp', 'lead', 'obsr', 'srvr'];
  const plain = names.filter((name) => !special.includes(name) && !resets.includes(name));
  for (const name of [
    ...plain,
    ...aliases,
    'nope',
    'stmk?traceMask=5',
    'stmk?traceMask=x',
    ...resets,
  ]) {
    await t.test(name, async () => {
      const [theirs, ours] = [await ask(port, `/${name}`), await ask(ourPort, `/${name}`)];
      if (name === 'env') return;
      assert.deepEqual(shapeOf(ours), shapeOf(theirs));
      assert.equal(ours.command, theirs.command);
      assert.equal(ours.error, theirs.error);
    });
  }
  await t.test('URLs and methods that no client library makes', async () => {
    const asked = [
      '/ruok',
      '/%72uok',
      '/RUOK',
      '/ruok/',
      '/ruok/x',
      '//ruok',
      '/a%20b',
      '/%3Cb%3E',
    ];
    for (const path of ['', '/', ...asked]) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
        const outcome = async (at: number) => {
          const response = await fetch(`http://127.0.0.1:${at}/commands${path}`, { method });
          const text = await response.text();
          const told = method === 'GET' && path.length > 1 ? JSON.parse(text).error : null;
          return [response.status, told, method === 'HEAD' ? text : null];
        };
        assert.deepEqual(await outcome(ourPort), await outcome(port), `${method} ${path}`);
      }
    }
  });
  await t.test('monitor', async () => {
    const keys = async (at: number) => Object.keys(await ask(at, '/monitor')).slice(0, 26);
    assert.deepEqual(await keys(ourPort), await keys(port));
  });
  await t.test('dump', async () => {
    const [theirs, ours] = [await ask(port, '/dump'), await ask(ourPort, '/dump')];
    assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    const key = 'session_id_to_ephemeral_paths';
    assert.deepEqual(shapeOf(ours[key]), shapeOf(theirs[key]));
    assert.deepEqual(Object.values(ours[key] ?? {}), [['/e']]);
  });
  await t.test('ids of 64 bits are told exactly', async () => {
    const text = await (await fetchFrom(ourPort, '/connections')).text();
    const id = both.sessionId;
    assert.ok(id > BigInt(Number.MAX_SAFE_INTEGER));
    assert.ok(text.includes(`"session_id" : ${id},`), text);
  });
});
