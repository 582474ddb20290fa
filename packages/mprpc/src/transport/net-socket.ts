import type { Server, Socket } from 'node:net';
import type { SocketHandler, TransportListener, TransportSocket } from './transport.ts';

/** A peer that keeps its side open after this one has ended is cut off after this time. */
const LINGER_MS = 1000;

/** Smaller chunks are left to the garbage collector. */
const FREED_BYTES = 4 * 1024;

/** What tells a plain socket from an encrypted one. */
export interface NetSocketOptions {
  /** The event that says that bytes may flow. */
  readonly openEvent: 'connect' | 'secureConnect';
  /** Who the peer's certificate says it is; see {@link TransportSocket.tlsSubject}. */
  readonly tlsSubject?: string | undefined;
}

/** A socket of node:net or node:tls as this package sees it. */
export class NetSocket implements TransportSocket {
  readonly #socket: Socket;
  readonly #openEvent: string;
  readonly peer: string;
  readonly closed: Promise<void>;
  readonly tlsSubject: string | undefined;

  constructor(socket: Socket, peer: string, options: NetSocketOptions) {
    this.#socket = socket;
    this.#openEvent = options.openEvent;
    this.peer = peer;
    this.tlsSubject = options.tlsSubject;
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
    socket.on(this.#openEvent, () => handler.onOpen());
    socket.on('data', (chunk: Buffer) => {
      if (handler.onData(chunk) && chunk.length >= FREED_BYTES) free(chunk);
    });
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
    // Nothing left in the queue: the kernel, or the cipher, took all bytes during the call.
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

/** Gives a chunk's memory back without waiting for a garbage collection: Node makes a buffer of its own for each read. */
function free({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Binds a server to its address; rejects with the system's error. `close` ends the listening. */
export function listenOn(
  server: Server,
  address: { host: string; port: number },
  close: () => Promise<void>,
): Promise<TransportListener> {
  const { promise, resolve, reject } = Promise.withResolvers<TransportListener>();
  server.once('error', reject);
  server.listen(address.port, address.host, () => {
    server.removeListener('error', reject);
    // An accept that fails (no file descriptors left, say) costs that connection, not the listener.
    server.on('error', () => {});
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
    resolve({ host: address.host, port, close });
  });
  return promise;
}

/** Stops listening; resolves when that is done. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
