import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { RpcError, type StatusCode } from '@mpim/mprpc';
import { retryAfterMs } from '@mpim/service-kit';
import { waitFor } from '@mpim/testkit';
import { userService } from '../src/index.ts';
import { gatewayService, presenceService } from './support/neighbours.ts';
import { testSystem } from './support/system.ts';

const password = 'correct horse battery staple';

function refused(code: StatusCode, reason: string) {
  return (error: unknown) =>
    error instanceof RpcError && error.code === code && error.reason === reason;
}

async function messageOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return `${error.code} ${error.reason} ${error.message}`;
  }
  return assert.fail('expected a refusal');
}

test('register, log in, be known by the token, log out, be unknown', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const { users } = system;
  assert.deepEqual(await users.register({ user: 'Alice', password }), { user: 'alice' });
  const login = await users.login({ user: 'ALICE', password, device: 'terminal' });
  assert.equal(login.user, 'alice');
  const days = (login.expiresAt - Date.now()) / (24 * 60 * 60 * 1_000);
  assert.ok(days > 29.9 && days <= 30);
  assert.deepEqual(await users.authenticate({ token: login.token }), {
    user: 'alice',
    sessionId: login.sessionId,
    expiresAt: login.expiresAt,
  });
  const other = await users.login({ user: 'alice', password, device: 'web' });
  await users.logout({ token: login.token });
  await users.logout({ token: login.token });
  const ended = refused('UNAUTHENTICATED', 'NO_SESSION');
  await assert.rejects(users.authenticate({ token: login.token }), ended);
  assert.equal((await users.authenticate({ token: other.token })).user, 'alice');
  await assert.rejects(users.logout({ token: 'x'.repeat(43) }), ended);
  await assert.rejects(users.authenticate({ token: 'tok_alice' }), ended);
});

test('a taken name gives one answer, whatever the password; of two at once one wins', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const { users } = system;
  const both = await Promise.allSettled([
    users.register({ user: 'amy', password }),
    users.register({ user: 'AMY', password: 'another one' }),
  ]);
  assert.deepEqual(both.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
  const same = await messageOf(users.register({ user: 'amy', password }));
  assert.match(same, /^ALREADY_EXISTS USER_EXISTS/);
  assert.equal(await messageOf(users.register({ user: 'amy', password: 'another one' })), same);
});

test('an unknown user, a wrong, an endless and an empty password get the same answer', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const { users } = system;
  await users.register({ user: 'amy', password });
  const attempts = [
    { user: 'nobody', password },
    { user: 'amy', password: 'wrong' },
    { user: 'amy', password: 'x'.repeat(100_000) },
    { user: 'amy', password: '' },
    { user: "amy' or '1'='1", password },
  ];
  const answers = new Set<string>();
  for (const attempt of attempts) answers.add(await messageOf(users.login(attempt)));
  assert.deepEqual([...answers], ['UNAUTHENTICATED WRONG_CREDENTIALS Wrong user or password.']);
});

test('bad input is refused by field and remedy; the shortest password is a setting', async () => {
  await using system = await testSystem();
  await system.start(userService, { minPasswordBytes: 12 });
  const { users } = system;
  await assert.rejects(
    users.register({ user: 'a b', password }),
    refused('INVALID_ARGUMENT', 'INVALID_USER'),
  );
  assert.match(
    await messageOf(users.register({ user: 'amy', password: 'elevenbytes' })),
    /INVALID_PASSWORD password is too short: choose one of 12 to 256 bytes/,
  );
  await assert.rejects(
    users.findUsers({ users: Array.from({ length: 1_001 }, (_, index) => `u${index}`) }),
    refused('INVALID_ARGUMENT', 'INVALID_USERS'),
  );
});

test('users are found by their exact handle', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const { users } = system;
  for (const user of ['amy', 'bob']) await users.register({ user, password });
  const found = await users.findUsers({ users: ['bob', 'nobody', 'amy', 'bob'] });
  assert.deepEqual(found.users.sort(), ['amy', 'bob']);
});

test('guessing is stopped after a few failures, and the answer says for how long', async () => {
  await using system = await testSystem();
  await system.start(userService, { loginFailures: 2 });
  const { users } = system;
  await users.register({ user: 'amy', password });
  const guesses = Array.from({ length: 6 }, (_, index) =>
    users.login({ user: 'amy', password: `guess${index}` }),
  );
  const outcomes = await Promise.allSettled(guesses);
  const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code);
  assert.equal(codes.filter((code) => code === 'UNAUTHENTICATED').length, 2);
  assert.equal(codes.filter((code) => code === 'RESOURCE_EXHAUSTED').length, 4);
  await assert.rejects(users.login({ user: 'amy', password }), (error) => {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, 'RESOURCE_EXHAUSTED');
    const wait = retryAfterMs(error);
    return wait > 14 * 60_000 && wait <= 15 * 60_000;
  });
});

test('accounts and sessions outlive the process', async () => {
  await using system = await testSystem();
  const first = await system.start(userService);
  const { users } = system;
  await users.register({ user: 'amy', password });
  const { token } = await users.login({ user: 'amy', password });
  await first.stop();
  await system.start(userService);
  const session = await waitFor(() => users.authenticate({ token }), { what: 'the new instance' });
  assert.equal(session.user, 'amy');
});

test('neither the log nor any file holds a password or a token', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const { users } = system;
  await users.register({ user: 'amy', password });
  const { token } = await users.login({ user: 'amy', password });
  await users.login({ user: 'amy', password: `wrong ${password}` }).catch(() => {});
  await users.register({ user: 'amy', password }).catch(() => {});
  await users.register({ user: 'bob', password: password.repeat(20) }).catch(() => {});
  await users.logout({ token });
  const files = await readdir(system.dataDir);
  const contents = files.map((file) => readFile(join(system.dataDir, file)));
  for (const content of [Buffer.from(system.log.join('')), ...(await Promise.all(contents))]) {
    for (const secret of [password, token]) assert.equal(content.indexOf(secret), -1);
  }
  assert.ok(files.includes('user.db-wal'), 'the files were still in use');
});

test('logging out closes the connections at the gateway that presence names', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const closed: [string[], string[]] = [[], []];
  const holding = await system.start(gatewayService(closed[0]));
  await system.start(gatewayService(closed[1]));
  await system.start(presenceService([{ user: 'amy', gatewayId: holding.instanceId }]));
  const { users } = system;
  await users.register({ user: 'amy', password });
  const { token, sessionId } = await users.login({ user: 'amy', password });
  await users.logout({ token });
  assert.deepEqual(closed, [[sessionId], []]);
});

test('without presence, or without a route, every gateway is asked; repeating the logout asks again', async () => {
  await using system = await testSystem();
  await system.start(userService);
  const closed: [string[], string[]] = [[], []];
  await system.start(gatewayService(closed[0]));
  const second = await system.start(gatewayService(closed[1]));
  const { users } = system;
  await users.register({ user: 'amy', password });
  const { token, sessionId } = await users.login({ user: 'amy', password });
  await users.logout({ token });
  assert.deepEqual(closed, [[sessionId], [sessionId]]);
  await second.stop();
  await system.start(presenceService([]));
  await users.logout({ token });
  assert.deepEqual(closed[0], [sessionId, sessionId]);
  assert.deepEqual(closed[1], [sessionId]);
});
