import type {
  Address,
  SocketHandler,
  Transport,
  TransportListener,
  TransportSocket,
} from './transport.ts';

/** A sender that has held back as much hears when it has all left, as with a real socket. */
const HIGH_WATER_BYTES = 64 * 1024;
const FIRST_PORT = 1;

/** One end of a pair. Bytes written are handed to the other end in a later turn. */
class MemorySocket implements TransportSocket {
  readonly peer: string;
  readonly closed: Promise<void>;
  readonly #resolveClosed: () => void;
  #other: MemorySocket | undefined;
  #handler: SocketHandler | undefined;
  #outgoing: Buffer[] = [];
  #bufferedBytes = 0;
  #needsDrain = false;
  #paused = false;
  #ending = false;
  #isClosed = false;
  #scheduled = false;

  constructor(peer: string) {
    this.peer = peer;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Ties two ends together. */
  static pair(first: MemorySocket, second: MemorySocket): void {
    first.#other = second;
    second.#other = first;
  }

  /** Says to the handler that the other end is there. */
  opened(): void {
    if (!this.#isClosed) this.#handler?.onOpen();
  }

  /** The other end could not be reached, or is gone. */
  close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outgoing = [];
    this.#bufferedBytes = 0;
    setImmediate(() => {
      this.#handler?.onClose(error);
      this.#resolveClosed();
    });
  }

  setHandler(handler: SocketHandler): void {
    this.#handler = handler;
    this.#other?.wake();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isClosed || this.#ending) return true;
    this.#outgoing.push(Buffer.from(chunk));
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes >= HIGH_WATER_BYTES) this.#needsDrain = true;
    this.#schedule();
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#other?.wake();
  }

  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  destroy(): void {
    this.close(undefined);
    this.#other?.close(undefined);
  }

  /** The other end reads again. */
  wake(): void {
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#isClosed) return;
    this.#scheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    const other = this.#other;
    if (other === undefined || other.#handler === undefined) return;
    // Whoever ends does not wait for a reader that has paused.
    while (!this.#isClosed && (!other.#paused || this.#ending)) {
      const chunk = this.#outgoing.shift();
      if (chunk === undefined) break;
      this.#bufferedBytes -= chunk.length;
      other.#handler.onData(chunk);
    }
    if (this.#isClosed || this.#outgoing.length > 0) return;
    if (this.#needsDrain) {
      this.#needsDrain = false;
      this.#handler?.onDrain();
    }
    if (this.#ending) this.destroy();
  }
}

/**
 * Connections within one process: for tests, simulators, and a provider and its channel side by side. Each
 * object is a network of its own; give the same one to both sides.
 */
export class MemoryTransport implements Transport {
  readonly #listeners = new Map<number, (socket: TransportSocket) => void>();
  #lastPort = FIRST_PORT;
  #lastClient = 0;

  connect({ host, port }: Address): TransportSocket {
    const client = new MemorySocket(`${host}:${port}`);
    setImmediate(() => {
      const accept = this.#listeners.get(port);
      if (accept === undefined) {
        client.close(new Error(`connect ECONNREFUSED ${host}:${port}`));
        return;
      }
      const server = new MemorySocket(`memory:${++this.#lastClient}`);
      MemorySocket.pair(client, server);
      accept(server);
      client.opened();
      client.resume();
      server.resume();
    });
    return client;
  }

  async listen(
    { host, port }: Address,
    onSocket: (socket: TransportSocket) => void,
  ): Promise<TransportListener> {
    let bound = port;
    if (bound === 0) {
      do bound = ++this.#lastPort;
      while (this.#listeners.has(bound));
    }
    if (this.#listeners.has(bound)) {
      throw Object.assign(new Error(`listen EADDRINUSE: port ${bound}`), { code: 'EADDRINUSE' });
    }
    this.#listeners.set(bound, onSocket);
    return {
      host,
      port: bound,
      close: async () => {
        if (this.#listeners.get(bound) === onSocket) this.#listeners.delete(bound);
      },
    };
  }
}
