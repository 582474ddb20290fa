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
