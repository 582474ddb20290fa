import { EventEmitter } from 'node:events';
import type { ServerSocket, Transport, TransportDoor } from '@mpim/zookeeper-server';

/** A connection without a network, of which a process can have any number: what the server writes is only counted. */
export class MemorySocket extends EventEmitter implements ServerSocket {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort: number;
  /** As a test wants it. */
  writableLength = 0;
  bytesWritten = 0;
  isClosed = false;
  #isPaused = false;

  constructor(remotePort: number) {
    super();
    this.remotePort = remotePort;
  }

  write(bytes: Uint8Array): void {
    this.bytesWritten += bytes.length;
  }

  end(bytes: Uint8Array | string): void {
    this.bytesWritten += bytes.length;
    this.destroy();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    setImmediate(() => this.emit('close'));
  }

  destroySoon(): void {
    this.destroy();
  }
}

/** Hands a server as many connections as a test wants. */
export class MemoryTransport implements Transport {
  readonly sockets: MemorySocket[] = [];
  #accept: (socket: ServerSocket) => void = () => {};

  async listen(_at: object, accept: (socket: ServerSocket) => void): Promise<TransportDoor> {
    this.#accept = accept;
    return { port: 1, dropConnections() {}, close: async () => {} };
  }

  connect(): MemorySocket {
    const socket = new MemorySocket(this.sockets.length + 1);
    this.sockets.push(socket);
    this.#accept(socket);
    return socket;
  }
}
