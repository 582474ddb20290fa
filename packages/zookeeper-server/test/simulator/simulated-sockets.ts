import { EventEmitter } from 'node:events';
import type * as client from '@mpim/zookeeper';
import type { ServerSocket } from '@mpim/zookeeper-server';
import type { End } from './simulated-lane.ts';
import type { Link } from './simulated-link.ts';
import type { SimulatedProcess } from './virtual-time.ts';

/** The client's end: what its transport gives it. */
export class ClientEnd implements End {
  isClosed = false;
  readonly #link: Link;
  readonly #handlers: client.TransportHandlers;
  readonly #heard: (link: Link, chunk: Buffer) => void;
  #isPaused = false;
  #unread: Buffer[] = [];

  constructor(
    link: Link,
    handlers: client.TransportHandlers,
    heard: (link: Link, chunk: Buffer) => void,
  ) {
    this.#link = link;
    this.#handlers = handlers;
    this.#heard = heard;
  }

  get process(): SimulatedProcess {
    return this.#link.clientProcess;
  }

  write(chunk: Buffer): void {
    if (!this.isClosed) this.#link.toServer.send(chunk);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const unread = this.#unread;
    this.#unread = [];
    for (const chunk of unread) this.received(chunk);
  }

  destroy(): void {
    this.#link.time.after(0, () => this.process.receive(() => this.closed(undefined)));
  }

  connected(): void {
    if (!this.isClosed) this.#handlers.connected();
  }

  received(chunk: Buffer): void {
    if (this.isClosed) return;
    if (this.#isPaused) {
      this.#unread.push(chunk);
      return;
    }
    this.#heard(this.#link, chunk);
    this.#handlers.received(chunk);
  }

  closed(cause?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#link.left('client');
    this.#handlers.closed(cause);
  }
}

/** The server's end, with as much of a `net.Socket` as a server needs. */
export class SimulatedSocket extends EventEmitter implements ServerSocket {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort: number;
  readonly #link: Link;
  #isPaused = false;
  #isClosed = false;
  #unread: Buffer[] = [];

  constructor(link: Link, remotePort: number) {
    super();
    this.#link = link;
    this.remotePort = remotePort;
  }

  get process(): SimulatedProcess | null {
    return this.#link.serverProcess;
  }

  get writableLength(): number {
    return this.#link.toClient.heldBytes;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#link.toClient.send(bytes);
  }

  end(bytes: Uint8Array | string): void {
    this.write(Buffer.from(bytes));
    this.destroySoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // As with a real socket not from within the call.
    this.#link.time.after(0, () => this.process?.receive(() => this.#readOn()));
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  destroy(): void {
    this.#link.time.after(0, () => this.process?.receive(() => this.closed()));
  }

  destroySoon(): void {
    this.destroy();
  }

  received(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#unread.push(chunk);
    this.#readOn();
  }

  #readOn(): void {
    while (!this.#isPaused && !this.#isClosed) {
      const chunk = this.#unread.shift();
      if (chunk === undefined) return;
      const memory = Buffer.from(chunk);
      this.emit('data', memory);
      // As with a real socket it is used again.
      memory.fill(0xdb);
    }
  }

  /** What was held back has been taken. */
  drained(): void {
    this.process?.receive(() => {
      if (!this.#isClosed) this.emit('drain');
    });
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#link.left('server');
    this.emit('close');
  }
}
