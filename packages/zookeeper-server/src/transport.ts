import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { readInPlace } from './read-in-place.ts';

/** One connection, as a server needs it: a `net.Socket` is one. */
export interface ServerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Bytes written that have not been taken yet. */
  readonly writableLength: number;
  /** The chunk's memory may be used again once the listener returns. */
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `end`: the peer sends no more. `close` comes once, last, and always. */
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
  /** `done` is called when the bytes are needed no more; a socket that does not call it keeps them. */
  write(bytes: Uint8Array, done?: () => void): unknown;
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

/** Whether clients must show a certificate, are asked for one, or are not. */
export type ClientAuth = 'need' | 'want' | 'none';

/** Certificates of a door for TLS. */
export interface ListenerTls {
  /** The server's key and certificate, PEM; `pfx` is the other way to give them. */
  readonly key?: string;
  readonly cert?: string;
  /** Both as PKCS12. */
  readonly pfx?: Buffer;
  /** Password of `key` or `pfx`. */
  readonly passphrase?: string;
  /**
   * Authorities of the clients' certificates, PEM. With them every client must show a certificate, unless
   * `clientAuth` says otherwise, and is then known by its subject in the scheme `x509`; without, clients need none.
   */
  readonly ca?: string;
  /** Default `need` if there is `ca`, `none` without. With `want`, a certificate that is no good counts as none. */
  readonly clientAuth?: ClientAuth;
  /** Versions of TLS that are spoken, e.g. `TLSv1.3`; default: those of Node. */
  readonly protocols?: readonly string[];
  /** Cipher suites; default: those of Node. */
  readonly ciphers?: readonly string[];
}

/** An address that is listened on. */
export interface TransportDoor {
  readonly port: number;
  /** Cuts the connections that came through it. */
  dropConnections(): void;
  /** Lets nobody in any more; resolves once all who came through it have gone. */
  close(): Promise<void>;
}

/** An address to listen on, and how. */
export interface ListenAt {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly tls?: ListenerTls;
  /** Connections that may wait to be accepted; the system's own number by default. */
  readonly backlog?: number;
  /** Whether TCP itself looks after silent connections. */
  readonly keepAlive?: boolean;
  /** Counts TLS handshakes under way. */
  readonly handshakes?: { count: number };
  /** Hears of TLS handshakes that failed: why, and the client's address unless it is gone already. */
  readonly onHandshakeFailed?: (error: Error, address: string | undefined) => void;
}

/** Where a server's connections come from: TCP, or a simulator's network. */
export interface Transport {
  /** Listens, on any free port if it is 0. Rejects when the address cannot be had. */
  listen(at: ListenAt, accept: (socket: ServerSocket) => void): Promise<TransportDoor>;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** TCP and TLS. */
export const tcpTransport: Transport = {
  async listen(at, accept) {
    const { host, port, tls, backlog, keepAlive = false, handshakes, onHandshakeFailed } = at;
    // Four-letter words are often asked by peers that close their side before they read the answer.
    const plain = { allowHalfOpen: true, pauseOnConnect: true };
    const server = tls === undefined ? createServer(plain) : secure(tls);
    server.listen(backlog === undefined ? { host, port } : { host, port, backlog });
    await once(server, 'listening');
    const sockets = new Set<Socket>();
    const track = (socket: Socket): void => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    };
    const enter = (socket: Socket): void => {
      track(socket);
      socket.setNoDelay(true);
      if (keepAlive) socket.setKeepAlive(true);
      accept(socket);
    };
    if (tls === undefined) {
      server.on('connection', (accepted: Socket) => {
        const socket = readInPlace(accepted);
        enter(socket);
        socket.resume();
      });
    } else {
      server.on('connection', track);
      server.on('secureConnection', enter);
      if (handshakes !== undefined) countHandshakes(server, handshakes);
      server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
        onHandshakeFailed?.(error, socket.remoteAddress);
      });
    }
    return {
      port: portOf(server),
      dropConnections: () => {
        for (const socket of sockets) socket.destroy();
      },
      close: async () => void (await once(server.close(), 'close')),
    };
  },
};

function secure(tls: ListenerTls): Server {
  const { key, cert, pfx, passphrase, ca, clientAuth, protocols, ciphers } = tls;
  const auth = clientAuth ?? (ca === undefined ? 'none' : 'need');
  return createTlsServer({
    ...(pfx === undefined ? { key, cert } : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ca === undefined ? {} : { ca }),
    ...(ciphers === undefined ? {} : { ciphers: ciphers.map(openSslName).join(':') }),
    ...versions(protocols),
    requestCert: auth !== 'none',
    rejectUnauthorized: auth === 'need',
    allowHalfOpen: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
}

/** The lowest and the highest of the versions named; names that Node does not know are left out. */
function versions(protocols: readonly string[] = []): {
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
} {
  const named = VERSIONS.filter((version) => protocols.includes(version));
  const [minVersion, maxVersion] = [named[0], named.at(-1)];
  return minVersion === undefined || maxVersion === undefined ? {} : { minVersion, maxVersion };
}

/** Java names suites as the standards do, OpenSSL those of TLS 1.2 in a way of its own. */
function openSslName(suite: string): string {
  if (!/^TLS_.*_WITH_/.test(suite)) return suite;
  return suite
    .replace(/^TLS_/, '')
    .replace('_WITH_', '_')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace(/_CBC_SHA/, '_SHA')
    .replace(/^RSA_(?=AES)/, '')
    .replaceAll('_', '-');
}

function countHandshakes(server: Server, handshakes: { count: number }): void {
  const open = new Set<Socket>();
  const end = (socket: Socket): void => {
    if (open.delete(socket)) handshakes.count--;
  };
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    handshakes.count++;
    socket.once('close', () => end(socket));
  });
  // The secured socket is another object; the plain one below it is what was counted.
  server.on('secureConnection', (socket: TLSSocket) => {
    for (const plain of open) if (plain.remotePort === socket.remotePort) end(plain);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
