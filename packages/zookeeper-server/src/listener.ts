import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { ZooKeeperServerError } from './errors.ts';

/** Where a listener waits for connections. */
export interface ListenOptions {
  /** Default: the server's own address. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
}

/**
 * One door to a server's tree. Several can be open at once and each can be shut without the others, so that
 * to its clients a single server looks like an ensemble that loses members.
 */
export class Listener implements AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  /** Port it listens on. */
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #stopped: Promise<void> | null = null;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.host = host;
    this.port = portOf(server);
  }

  /**
   * Opens a door and hands each connection that comes through it to `accept`.
   * Throws `ZooKeeperServerError` `LISTEN_FAILED` when the address cannot be had.
   */
  static async open(
    { host, port }: Required<ListenOptions>,
    accept: (socket: Socket) => void,
  ): Promise<Listener> {
    // Four-letter words are often asked by peers that close their side before they read the answer.
    const server = createServer({ allowHalfOpen: true });
    server.listen({ host, port });
    try {
      await once(server, 'listening');
    } catch (cause) {
      const message = `cannot listen on ${host}:${port}; choose another port or stop what uses it`;
      throw new ZooKeeperServerError('LISTEN_FAILED', message, { cause });
    }
    const listener = new Listener(server, host);
    server.on('connection', (socket) => {
      listener.#sockets.add(socket);
      socket.once('close', () => listener.#sockets.delete(socket));
      accept(socket);
    });
    return listener;
  }

  /** `host:port`, as clients want it. */
  get connectString(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** Cuts the connections that came through this door; their sessions live on. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nobody in any more, but leaves the connections there are. */
  close(): void {
    this.#stopped ??= once(this.#server.close(), 'close').then(() => {});
  }

  /** Stops listening and cuts the connections that came through this door; their sessions live on. */
  async stop(): Promise<void> {
    this.close();
    this.dropConnections();
    await this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
