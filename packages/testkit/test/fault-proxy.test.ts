import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { FaultProxy } from '../src/fault-proxy.ts';
import { waitFor } from '../src/wait-for.ts';

async function echoServer() {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** The socket, with what it has heard. */
function listen(socket: Socket): Socket & { readonly heard: string } {
  const listening = Object.assign(socket, { heard: '' });
  socket.setEncoding('utf8').on('data', (chunk) => {
    listening.heard += chunk;
  });
  socket.on('error', () => {});
  return listening;
}

/** Resolves when the socket is gone, however it went. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

test('carries bytes, holds them back in a black hole, and cuts', async () => {
  await using echo = await echoServer();
  await using proxy = await FaultProxy.start(echo.port);
  const socket = connect(proxy.port, '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    heard += chunk;
  });
  socket.on('error', () => {});
  socket.write('one ');
  await waitFor(() => heard === 'one ');

  proxy.blackhole();
  socket.write('two');
  await assert.rejects(waitFor(() => heard !== 'one ', { timeoutMs: 50 }));
  proxy.heal();
  await waitFor(() => heard === 'one two');

  const gone = closed(socket);
  proxy.cut();
  await gone;
  assert.equal(proxy.connections, 0);
});

test('refuses new connections until healed', async () => {
  await using echo = await echoServer();
  await using proxy = await FaultProxy.start(echo.port);
  proxy.refuse();
  const refused = connect(proxy.port, '127.0.0.1');
  refused.on('error', () => {});
  await closed(refused);
  proxy.heal();
  const welcome = connect(proxy.port, '127.0.0.1');
  welcome.on('error', () => {});
  welcome.write('hi');
  await once(welcome, 'data');
  welcome.destroy();
});

test('cuts in the middle of what is said, once', async () => {
  await using echo = await echoServer();
  await using proxy = await FaultProxy.start(echo.port);
  for (const direction of ['to-client', 'to-server'] as const) {
    proxy.cutAfter(5, direction);
    const socket = listen(connect(proxy.port, '127.0.0.1'));
    socket.write('abc');
    await waitFor(() => socket.heard === 'abc');
    const gone = closed(socket);
    socket.write('defgh');
    await gone;
    // What passes on the way to the server need not come back any more.
    assert.match(socket.heard, direction === 'to-client' ? /^abcde$/ : /^abc(de)?$/);
  }
  const untouched = listen(connect(proxy.port, '127.0.0.1'));
  untouched.write('a longer text');
  await waitFor(() => untouched.heard === 'a longer text');
  untouched.destroy();
});

test('a slow link delivers late and in parts, and all of it', async () => {
  await using echo = await echoServer();
  await using proxy = await FaultProxy.start(echo.port);
  const socket = listen(connect(proxy.port, '127.0.0.1'));
  await waitFor(() => proxy.connections === 1);
  proxy.slow({ delayMs: 30 });
  let start = performance.now();
  socket.write('x');
  await waitFor(() => socket.heard === 'x');
  assert.ok(performance.now() - start > 50, 'delayed both ways');

  proxy.slow({ bytesPerSecond: 5000 });
  start = performance.now();
  const text = 'y'.repeat(1000);
  socket.write(text);
  const parts = new Set<number>();
  await waitFor(() => parts.add(socket.heard.length) && socket.heard === `x${text}`);
  assert.ok(performance.now() - start > 190, 'a fifth of a second at least');
  assert.ok(parts.size > 5, `${parts.size} parts`);

  proxy.slow({ bytesPerSecond: 1 });
  socket.write('soon');
  proxy.heal();
  await waitFor(() => socket.heard.endsWith('soon'));
  socket.destroy();
});

test('one direction alone can be silent', async () => {
  await using echo = await echoServer();
  await using proxy = await FaultProxy.start(echo.port);
  const socket = listen(connect(proxy.port, '127.0.0.1'));
  proxy.blackhole('to-client');
  socket.write('heard by the server');
  await assert.rejects(waitFor(() => socket.heard !== '', { timeoutMs: 50 }));
  proxy.heal();
  await waitFor(() => socket.heard === 'heard by the server');
  socket.destroy();
});

test('a half-open connection swallows what the client says; others are well', async () => {
  await using echo = await echoServer();
  await using proxy = await FaultProxy.start(echo.port);
  const socket = listen(connect(proxy.port, '127.0.0.1'));
  socket.write('one');
  await waitFor(() => socket.heard === 'one');
  proxy.halfOpen();
  const other = listen(connect(proxy.port, '127.0.0.1'));
  other.write('two');
  await waitFor(() => other.heard === 'two');
  socket.write('three');
  proxy.heal();
  await assert.rejects(waitFor(() => socket.heard !== 'one' || socket.closed, { timeoutMs: 50 }));
  socket.destroy();
  other.destroy();
  await waitFor(() => proxy.connections === 0);
});
