import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** One connection, as a server needs it: a `net.Socket` is one. */
export interface ServerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Bytes written that have not been taken yet. */
  readonly writableLength: number;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `end`: the peer sends no more. `close` comes once, last, and always. */
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
  write(bytes: Uint8Array): unknown;
  /** Sends these bytes, and no more. */
  end(bytes: Uint8Array | string): unknown;
  /** Until {@link resume} nothing is received. */
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  /** Ends the connection at once; what was not sent is lost. */
  destroy(): unknown;
  /** Ends it once all that was written is out. */
  destroySoon(): void;
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

/** An address that is listened on. */
export interface TransportDoor {
  readonly port: number;
  /** Cuts the connections that came through it. */
  dropConnections(): void;
  /** Lets nobody in any more; resolves once all who came through it have gone. */
  close(): Promise<void>;
}

/** Where a server's connections come from: TCP, or a simulator's network. */
export interface Transport {
  /** Listens, on any free port if it is 0. Rejects when the address cannot be had. */
  listen(
    at: { host: string; port: number; tls?: ListenerTls },
    accept: (socket: ServerSocket) => void,
  ): Promise<TransportDoor>;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** TCP and TLS. */
export const tcpTransport: Transport = {
  async listen({ host, port, tls }, accept) {
    // Four-letter words are often asked by peers that close their side before they read the answer.
    const server = tls === undefined ? createServer({ allowHalfOpen: true }) : secure(tls);
    server.listen({ host, port });
    await once(server, 'listening');
    const sockets = new Set<Socket>();
    const track = (socket: Socket): void => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    };
    server.on('connection', track);
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      track(socket);
      socket.setNoDelay(true);
      accept(socket);
    });
    return {
      port: portOf(server),
      dropConnections: () => {
        for (const socket of sockets) socket.destroy();
      },
      close: async () => void (await once(server.close(), 'close')),
    };
  },
};

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
