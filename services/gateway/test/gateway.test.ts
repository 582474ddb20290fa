import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { WebSocket } from 'ws';
import { GatewayError } from '../src/index.ts';
import { message } from './support/neighbours.ts';
import { RawClient } from './support/raw-client.ts';
import { startGateway } from './support/start-gateway.ts';

test('binary and JSON clients say hello, ask, and are pushed to, all but the sender', async () => {
  await using system = await startGateway();
  system.neighbours.tokens.set('token-ann', 'ann');
  system.neighbours.tokens.set('token-bob', 'bob');
  await using ann = await RawClient.enter(system.ws, 'ann');
  await using ann2 = await RawClient.enter(system.ws, 'ann', { json: true });
  await using bob = await RawClient.enter(system.ws, 'bob');
  const [welcome] = ann.received;
  assert.ok(welcome?.body?.$case === 'welcome');
  assert.equal(welcome.body.value.user, 'ann');
  assert.equal(welcome.body.value.maxTextBytes, 8192);
  const { connectionId } = welcome.body.value;
  assert.deepEqual(system.neighbours.binds.flatMap(({ users }) => users).sort(), ['ann', 'bob']);

  const sent = await ann.ask({
    $case: 'send',
    value: { conversationId: 'dm:ann:bob', clientMsgId: 'c1', content: { text: 'hé' } },
  });
  assert.ok(sent.$case === 'sent' && sent.value.seq === 1 && sent.value.clientMsgId === 'c1');
  const [stored] = system.neighbours.sends;
  assert.equal(stored?.sender, 'ann');
  assert.equal(stored?.connectionId, connectionId);

  const pushed = await system.rpc.push({
    users: ['ann', 'bob', 'nobody'],
    message: message('hé'),
    exceptConnectionId: connectionId,
  });
  assert.equal(pushed.delivered, 2);
  await waitFor(() => ann2.pushes.length === 1 && bob.pushes.length === 1);
  for (const [push] of [ann2.pushes, bob.pushes]) {
    assert.ok(push?.$case === 'delivery');
    assert.deepEqual(push.value.message, message('hé'));
  }
  assert.equal(ann.pushes.length, 0);

  const asked = await Promise.all([
    ann2.ask({ $case: 'sync', value: { cursors: [] } }),
    ann2.ask({
      $case: 'history',
      value: { conversationId: 'dm:ann:bob', afterSeq: 0, beforeSeq: 0, limit: 5 },
    }),
    ann2.ask({
      $case: 'history',
      value: { conversationId: 'dm:bob:eve', afterSeq: 0, beforeSeq: 0, limit: 5 },
    }),
    ann2.ask({ $case: 'markRead', value: { conversationId: 'dm:ann:bob', seq: 1 } }),
    ann2.ask({ $case: 'createGroup', value: { name: 'One', requestId: 'r' } }),
    ann2.ask({ $case: 'joinGroup', value: { groupId: 'g1' } }),
    ann2.ask({ $case: 'listMembers', value: { groupId: 'g1' } }),
    ann2.ask({ $case: 'leaveGroup', value: { groupId: 'g1' } }),
    ann2.ask({ $case: 'ping', value: {} }),
  ]);
  assert.deepEqual(
    asked.map(({ $case }) => $case),
    'synced historyPage failure readMarked groupJoined groupJoined memberList groupLeft pong'.split(
      ' ',
    ),
  );
  const [, , denied, , , joined] = asked;
  assert.ok(denied?.$case === 'failure' && denied.value.code === 'PERMISSION_DENIED');
  assert.ok(joined?.$case === 'groupJoined' && joined.value.joinedSeq === 7);
  assert.equal(joined.value.conversationId, 'group:g1');
});

test('before hello nothing is served, and who says nothing is closed', async () => {
  await using system = await startGateway({ helloTimeoutMs: 200 });
  await using early = new RawClient(system.ws);
  await early.opened();
  const refused = await early.ask({ $case: 'sync', value: { cursors: [] } });
  assert.ok(refused.$case === 'failure' && refused.value.code === 'UNAUTHENTICATED');
  assert.deepEqual(await early.untilClosed(), { code: 1008, reason: 'no hello in time' });

  await using stranger = new RawClient(system.ws);
  await stranger.opened();
  const answer = await stranger.ask({ $case: 'hello', value: { token: 'wrong' } });
  assert.ok(answer.$case === 'failure' && answer.value.code === 'UNAUTHENTICATED');
  assert.equal(answer.value.retryable, false);
  assert.equal((await stranger.untilClosed()).code, 1008);
});

test('a frame that is too long, unreadable or of the wrong kind closes the connection', async () => {
  await using system = await startGateway();
  const cases: [{ json?: boolean }, string | Uint8Array, number][] = [
    [{}, new Uint8Array(65_537), 1009],
    [{}, new Uint8Array([0xff, 0xff, 0xff]), 1007],
    [{}, 'text', 1003],
    [{ json: true }, '{"id":', 1007],
    [{ json: true }, '[]', 1007],
    [{ json: true }, '{"id":1,"sync":{"cursors":[{"seq":"x"}]}}', 1007],
    [{ json: true }, new Uint8Array([8, 1]), 1003],
  ];
  for (const [options, frame, code] of cases) {
    await using client = new RawClient(system.ws, options);
    await client.opened();
    client.socket.send(frame);
    assert.equal((await client.untilClosed()).code, code, `${frame.length} bytes`);
  }
});

test('pages of other origins, unknown subprotocols and other paths are turned away', async () => {
  await using system = await startGateway({ allowedOrigins: ['https://chat.example'] });
  const own = `http://127.0.0.1:${system.gateway.port}`;
  const status = async (address: string, origin: string | undefined, protocol: string) => {
    const socket = new WebSocket(address, [protocol], origin === undefined ? {} : { origin });
    return await new Promise<number>((resolve) => {
      socket.on('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', () => {});
      socket.on('open', () => {
        socket.terminate();
        resolve(101);
      });
    });
  };
  assert.equal(await status(system.ws, undefined, 'mpim.v1'), 101);
  assert.equal(await status(system.ws, own, 'mpim.v1'), 101);
  assert.equal(await status(system.ws, 'https://chat.example', 'mpim.v1+json'), 101);
  assert.equal(await status(system.ws, 'https://evil.example', 'mpim.v1'), 403);
  assert.equal(await status(system.ws, 'null', 'mpim.v1'), 403);
  assert.equal(await status(system.ws, undefined, 'chat'), 400);
  assert.equal(await status(system.ws.replace('/v1/ws', '/'), undefined, 'mpim.v1'), 404);
  const post = (origin: string) =>
    fetch(`${system.http}/v1/login`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: '{"user":"ann","password":"x"}',
    });
  assert.equal((await post('https://evil.example')).status, 403);
  const allowed = await post('https://chat.example');
  assert.equal(allowed.status, 401);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://chat.example');
});

test('a closed session stops receiving at once, also when it ends during its hello', async () => {
  await using system = await startGateway();
  const { neighbours } = system;
  neighbours.tokens.set('token-ann', 'ann');
  await using ann = await RawClient.enter(system.ws, 'ann');
  const began = performance.now();
  assert.equal((await system.rpc.closeSession({ sessionId: 'session-ann' })).closed, 1);
  assert.equal((await ann.untilClosed()).code, 1008);
  assert.ok(performance.now() - began < 1_000);
  assert.deepEqual(ann.pushes.at(-1), { $case: 'goodbye', value: { reason: 'session-revoked' } });
  const push = { users: ['ann'], message: message('late'), exceptConnectionId: '' };
  assert.equal((await system.rpc.push(push)).delivered, 0);

  neighbours.tokens.set('token-eve', 'eve');
  neighbours.beforeAuthenticate = async () => {
    await system.rpc.closeSession({ sessionId: 'session-eve' });
  };
  await using eve = new RawClient(system.ws);
  await eve.opened();
  const answer = await eve.ask({ $case: 'hello', value: { token: 'token-eve' } });
  assert.ok(answer.$case === 'failure' && answer.value.code === 'UNAUTHENTICATED');
});

test('a session whose end was not told is found out and closed', async () => {
  await using system = await startGateway({ sessionCheckMs: 50 });
  const { neighbours } = system;
  neighbours.tokens.set('token-ann', 'ann');
  neighbours.tokens.set('token-bob', 'bob');
  await using ann = await RawClient.enter(system.ws, 'ann');
  await using bob = await RawClient.enter(system.ws, 'bob');
  neighbours.tokens.delete('token-ann');
  await ann.untilClosed();
  assert.deepEqual(ann.pushes.at(-1), { $case: 'goodbye', value: { reason: 'session-revoked' } });
  assert.equal((await bob.ask({ $case: 'ping', value: {} })).$case, 'pong');
});

test('a session that expires is closed', async () => {
  await using system = await startGateway({ pingIntervalMs: 50 });
  system.neighbours.tokens.set('token-ann', 'ann');
  system.neighbours.expiresAt = Date.now() + 300;
  await using ann = await RawClient.enter(system.ws, 'ann');
  await ann.untilClosed();
  assert.deepEqual(ann.pushes.at(-1), { $case: 'goodbye', value: { reason: 'session-revoked' } });
});

test('requests over the rate are refused with a time to wait, and long texts for good', async () => {
  await using system = await startGateway({
    requestsPerSecond: 1,
    requestBurst: 2,
    maxTextBytes: 3,
  });
  system.neighbours.tokens.set('token-ann', 'ann');
  await using ann = await RawClient.enter(system.ws, 'ann');
  const long = await ann.ask({
    $case: 'send',
    value: { conversationId: 'dm:ann:bob', clientMsgId: 'c', content: { text: 'éé' } },
  });
  assert.ok(long.$case === 'failure' && long.value.code === 'INVALID_ARGUMENT');
  await ann.ask({ $case: 'ping', value: {} });
  const refused = await ann.ask({ $case: 'ping', value: {} });
  assert.ok(refused.$case === 'failure' && refused.value.code === 'RESOURCE_EXHAUSTED');
  assert.ok(refused.value.retryable && refused.value.retryAfterMs > 0);
});

test('a client that does not read is cut before it eats the memory', async () => {
  await using system = await startGateway({ maxBufferedBytes: 65_536 });
  system.neighbours.tokens.set('token-ann', 'ann');
  await using ann = await RawClient.enter(system.ws, 'ann');
  ann.socket.pause();
  const big = message('x'.repeat(60_000));
  const push = { users: ['ann'], message: big, exceptConnectionId: '' };
  await waitFor(async () => (await system.rpc.push(push)).delivered === 0);
  assert.equal(system.gateway.connections.size, 0);
});

test('a silent peer is cut', async () => {
  await using system = await startGateway({ pingIntervalMs: 50 });
  const half = connect(system.gateway.port, '127.0.0.1');
  half.write(
    'GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mpim.v1\r\n\r\n',
  );
  half.on('data', () => {});
  half.on('error', () => {});
  await waitFor(() => system.gateway.connections.size === 1);
  await waitFor(() => system.gateway.connections.size === 0);
  half.destroy();
});

test('draining finishes what was asked, says goodbye and closes with 1012', async () => {
  await using system = await startGateway();
  const { neighbours } = system;
  neighbours.tokens.set('token-ann', 'ann');
  await using ann = await RawClient.enter(system.ws, 'ann');
  const held = Promise.withResolvers<void>();
  neighbours.beforeSend = () => held.promise;
  const asked = ann.ask({
    $case: 'send',
    value: { conversationId: 'dm:ann:bob', clientMsgId: 'c1', content: { text: 'x' } },
  });
  await waitFor(() => [...system.gateway.connections.registry.ofUser('ann')][0]?.inFlight === 1);
  const drained = system.gateway.drain();
  await waitFor(() => ann.pushes.some(({ $case }) => $case === 'goodbye'));
  const refused = await ann.ask({ $case: 'ping', value: {} });
  assert.ok(refused.$case === 'failure' && refused.value.code === 'UNAVAILABLE');
  held.resolve();
  assert.equal((await asked).$case, 'sent');
  await drained;
  assert.equal((await ann.untilClosed()).code, 1012);
  await assert.rejects(fetch(system.http));
});

test('failures of services reach the client with a code, and their insides do not', async () => {
  await using system = await startGateway({ callDeadlineMs: 200 });
  const { neighbours } = system;
  neighbours.tokens.set('token-ann', 'ann');
  await using ann = await RawClient.enter(system.ws, 'ann');
  const send = () =>
    ann.ask({
      $case: 'send',
      value: { conversationId: 'dm:ann:bob', clientMsgId: 'c1', content: { text: 'x' } },
    });
  neighbours.beforeSend = () => {
    throw new Error('SELECT secret FROM insides');
  };
  const broken = await send();
  assert.ok(broken.$case === 'failure' && broken.value.code === 'INTERNAL');
  assert.doesNotMatch(broken.value.message, /insides/);
  neighbours.beforeSend = () => new Promise(() => {});
  const slow = await send();
  assert.ok(slow.$case === 'failure' && slow.value.code === 'DEADLINE_EXCEEDED');
  assert.ok(slow.value.retryable);
  system.resolver.set('MessageServiceRpc', []);
  const nobody = await send();
  assert.ok(nobody.$case === 'failure' && nobody.value.code === 'UNAVAILABLE');
  assert.equal(nobody.value.message, '/MessageServiceRpc/SendMessage is not exist!');
});

test('the port being taken is an error that says what to do', async () => {
  await using system = await startGateway();
  await assert.rejects(startGateway({ gatewayPort: system.gateway.port }), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'LISTEN');
    assert.match(error.message, /another program listens there.*--gateway-port/);
    return true;
  });
});
