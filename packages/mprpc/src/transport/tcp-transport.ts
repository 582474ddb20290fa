import { connect, createServer, type Server, type Socket } from 'node:net';
import type {
  Address,
  SocketHandler,
  Transport,
  TransportListener,
  TransportSocket,
} from './transport.ts';

/** A peer that keeps its side open after this one has ended is cut off after this time. */
const LINGER_MS = 1000;

class TcpSocket implements TransportSocket {
  readonly #socket: Socket;
  readonly peer: string;
  readonly closed: Promise<void>;

  constructor(socket: Socket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    socket.setNoDelay(true);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  setHandler(handler: SocketHandler): void {
    const socket = this.#socket;
    let failure: Error | undefined;
    socket.on('connect', () => handler.onOpen());
    socket.on('data', (chunk: Buffer) => handler.onData(chunk));
    socket.on('drain', () => handler.onDrain());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => handler.onClose(failure));
  }

  write(chunk: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writable) return false;
    socket.write(chunk);
    // Nothing left in the queue: the kernel took all bytes during the call.
    return socket.writableLength === 0;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function listen(
  address: Address,
  onSocket: (socket: TransportSocket) => void,
): Promise<TransportListener> {
  const server = createServer((socket) => {
    onSocket(new TcpSocket(socket, `${socket.remoteAddress}:${socket.remotePort}`));
  });
  const { promise, resolve, reject } = Promise.withResolvers<TransportListener>();
  server.once('error', reject);
  server.listen(address.port, address.host, () => {
    server.removeListener('error', reject);
    // An accept that fails (no file descriptors left, say) costs that connection, not the listener.
    server.on('error', () => {});
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
    resolve({ host: address.host, port, close: () => closeServer(server) });
  });
  return promise;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Plain TCP. */
export const tcpTransport: Transport = {
  connect({ host, port }) {
    return new TcpSocket(connect({ host, port }), `${host}:${port}`);
  },
  listen,
};
