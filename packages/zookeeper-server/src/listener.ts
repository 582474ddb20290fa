import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ZooKeeperServerError } from './errors.ts';

/** Where a listener waits for connections. */
export interface ListenOptions {
  /** Default: the server's own address. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Makes it a door for TLS only. */
  tls?: ListenerTls;
}

/** Certificates of a door for TLS; all PEM. */
export interface ListenerTls {
  readonly key: string;
  readonly cert: string;
  /**
   * Authorities of the clients' certificates. With them every client must show a certificate, and is then known
   * by its subject in the scheme `x509`; without, clients need none.
   */
  readonly ca?: string;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

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
    { host, port, tls }: ListenOptions & { host: string; port: number },
    accept: (socket: Socket) => void,
  ): Promise<Listener> {
    // Four-letter words are often asked by peers that close their side before they read the answer.
    const server = tls === undefined ? createServer({ allowHalfOpen: true }) : secure(tls);
    server.listen({ host, port });
    try {
      await once(server, 'listening');
    } catch (cause) {
      const message = `cannot listen on ${host}:${port}; choose another port or stop what uses it`;
      throw new ZooKeeperServerError('LISTEN_FAILED', message, { cause });
    }
    const listener = new Listener(server, host);
    server.on('connection', (socket: Socket) => listener.#track(socket));
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      listener.#track(socket);
      accept(socket);
    });
    return listener;
  }

  /** `host:port`, as clients want it. */
  get connectString(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
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

function secure({ key, cert, ca }: ListenerTls): Server {
  const certificates = ca === undefined ? { key, cert } : { key, cert, ca, requestCert: true };
  return createTlsServer({
    ...certificates,
    allowHalfOpen: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
