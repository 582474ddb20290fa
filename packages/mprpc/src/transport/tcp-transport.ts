import { connect, createServer } from 'node:net';
import { closeServer, listenOn, NetSocket } from './net-socket.ts';
import type { Transport } from './transport.ts';

const PLAIN = { openEvent: 'connect' } as const;

/** Plain TCP. */
export const tcpTransport: Transport = {
  connect({ host, port }) {
    return new NetSocket(connect({ host, port }), `${host}:${port}`, PLAIN);
  },
  listen(address, onSocket) {
    const server = createServer((socket) => {
      onSocket(new NetSocket(socket, `${socket.remoteAddress}:${socket.remotePort}`, PLAIN));
    });
    return listenOn(server, address, () => closeServer(server));
  },
};
