import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { startGateway } from '../support/start-gateway.ts';

async function post(address: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text), response };
}

test('register, login and logout, and their refusals', async () => {
  await using system = await startGateway();
  const { http } = system;
  const ann = { user: 'ann', password: 'pass-word-123' };
  assert.deepEqual((await post(`${http}/v1/register`, ann)).body, { user: 'ann' });
  const again = await post(`${http}/v1/register`, ann);
  assert.equal(again.status, 409);
  assert.deepEqual(again.body, {
    error: { code: 'ALREADY_EXISTS', message: 'ann is taken', retryable: false },
  });
  const login = await post(`${http}/v1/login`, { ...ann, device: 'test' });
  assert.equal(login.status, 200);
  assert.deepEqual(Object.keys(login.body), ['user', 'token', 'sessionId', 'expiresAt']);
  assert.equal(login.response.headers.get('cache-control'), 'no-store');
  assert.equal((await post(`${http}/v1/login`, { ...ann, password: 'x' })).status, 401);
  assert.equal((await post(`${http}/v1/logout`, {})).status, 401);
  const token = login.body.token;
  const out = await post(`${http}/v1/logout`, {}, { authorization: `Bearer ${token}` });
  assert.equal(out.status, 200);
  assert.equal(system.neighbours.tokens.size, 0);

  for (const bad of ['', '[]', '{"user":"x"}', '{"user":1,"password":"x"}', '{"user":']) {
    const refused = await post(`${http}/v1/register`, bad);
    assert.equal(refused.status, 400, bad);
    assert.equal(refused.body.error.code, 'INVALID_ARGUMENT');
  }
  assert.equal(
    (await post(`${http}/v1/login`, { user: 'a', password: 'x'.repeat(20_000) })).status,
    413,
  );
  assert.equal((await post(`${http}/v1/login`, 'x', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await post(`${http}/v1/nothing`, {})).status, 404);
  assert.doesNotMatch(system.log(), /pass-word-123|token-ann/);
});

test('too many logins from one address are told to wait', async () => {
  await using system = await startGateway({ accountsPerSecond: 0.1, accountBurst: 2 });
  const login = () => post(`${system.http}/v1/login`, { user: 'a', password: 'b' });
  await login();
  await login();
  const refused = await login();
  assert.equal(refused.status, 429);
  assert.equal(refused.body.error.retryable, true);
  assert.ok(Number(refused.response.headers.get('retry-after')) >= 1);
});

test('without a page there is a hint; with one it is served with strict headers', async () => {
  await using bare = await startGateway();
  const hint = await fetch(bare.http);
  assert.equal(hint.status, 200);
  assert.match(await hint.text(), /npm run build -w apps\/web/);

  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'assets'));
  await writeFile(join(folder.path, 'index.html'), '<!doctype html><title>chat</title>');
  await writeFile(join(folder.path, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(folder.path, '.secret'), 'no');
  await using system = await startGateway({ webRoot: folder.path });
  const page = await fetch(`${system.http}/`);
  assert.match(await page.text(), /<title>chat/);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  const asset = await fetch(`${system.http}/assets/app-1a2b.js`);
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
  assert.match(asset.headers.get('content-type') ?? '', /javascript/);
  for (const path of ['/.secret', '/%2e%2e/package.json', '/..%2f..%2fetc/passwd']) {
    assert.ok([400, 403, 404].includes((await fetch(`${system.http}${path}`)).status), path);
  }
});
