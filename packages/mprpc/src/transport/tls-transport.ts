import type { Socket } from 'node:net';
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { closeServer, listenOn, NetSocket } from './net-socket.ts';
import type { Address, Transport, TransportListener, TransportSocket } from './transport.ts';

/** Certificates and keys, PEM. */
export interface TlsCredentials {
  /** Whom to trust; default: the well-known authorities of Node. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** The own certificate, with those between it and its authority. A server needs one; a client for mTLS. */
  readonly cert?: string | Buffer;
  /** The key of `cert`. */
  readonly key?: string | Buffer;
}

/** How a {@link TlsTransport} behaves. */
export interface TlsTransportOptions extends TlsCredentials {
  /** As a server: refuse callers without a certificate that `ca` vouches for (mTLS). Default false. */
  readonly requireClientCertificate?: boolean;
  /** As a client: the name the server's certificate must have. Default: the host of the address. */
  readonly serverName?: string;
  /** As a server: ms a caller may take for the TLS handshake. Default 5000. */
  readonly handshakeTimeoutMs?: number;
}

const SECURE = { openEvent: 'secureConnect' } as const;
const MIN_VERSION = 'TLSv1.3';

/**
 * TLS 1.3 for providers and channels. Give the same kind of transport to both sides:
 *
 * ```ts
 * const transport = new TlsTransport({ ca, cert, key, requireClientCertificate: true });
 * const provider = new RpcProvider({ transport });
 * transport.reload({ ca, cert: renewed, key }); // connections made from now on use it
 * ```
 */
export class TlsTransport implements Transport {
  readonly #options: TlsTransportOptions;
  readonly #servers = new Set<Server>();
  #credentials: TlsCredentials;
  #context: SecureContext;

  /** Throws when certificate and key cannot be read or do not belong together. */
  constructor(options: TlsTransportOptions) {
    this.#options = options;
    this.#credentials = options;
    this.#context = secureContext(options);
  }

  /** What it uses now. */
  get credentials(): TlsCredentials {
    const { ca, cert, key } = this.#credentials;
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
  }

  /**
   * Uses other certificates from now on, for listening and connecting; connections that are open go on.
   * Throws, and changes nothing, when they cannot be read or do not belong together.
   */
  reload(credentials: TlsCredentials): void {
    const context = secureContext(credentials);
    this.#credentials = credentials;
    this.#context = context;
    for (const server of this.#servers) server.setSecureContext(contextOptions(credentials));
  }

  connect({ host, port }: Address): TransportSocket {
    const { serverName } = this.#options;
    const socket = connect({
      host,
      port,
      secureContext: this.#context,
      minVersion: MIN_VERSION,
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
    return new NetSocket(socket, `${host}:${port}`, SECURE);
  }

  async listen(
    address: Address,
    onSocket: (socket: TransportSocket) => void,
  ): Promise<TransportListener> {
    const { requireClientCertificate = false, handshakeTimeoutMs = 5000 } = this.#options;
    const server = createServer(
      {
        ...contextOptions(this.#credentials),
        requestCert: requireClientCertificate,
        rejectUnauthorized: requireClientCertificate,
        handshakeTimeout: handshakeTimeoutMs,
      },
      (socket) => {
        const peer = `${socket.remoteAddress}:${socket.remotePort}`;
        onSocket(new NetSocket(socket, peer, { ...SECURE, tlsSubject: subjectOf(socket) }));
      },
    );
    // Connections whose handshake is not done belong to nobody yet: the listener closes them.
    const shakingHands = new Set<Socket>();
    server.on('connection', (socket) => {
      shakingHands.add(socket);
      socket.once('close', () => shakingHands.delete(socket));
    });
    server.on('secureConnection', (socket) => {
      // Below the encrypted socket is the plain one, known by its addresses.
      for (const raw of shakingHands) {
        if (raw.remotePort === socket.remotePort && raw.remoteAddress === socket.remoteAddress) {
          shakingHands.delete(raw);
        }
      }
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    const listener = await listenOn(server, address, async () => {
      this.#servers.delete(server);
      for (const socket of shakingHands) socket.destroy();
      await closeServer(server);
    });
    this.#servers.add(server);
    return listener;
  }
}

function contextOptions({ ca, cert, key }: TlsCredentials) {
  return {
    minVersion: MIN_VERSION,
    ...(ca === undefined ? {} : { ca: Array.isArray(ca) ? [...ca] : (ca as string | Buffer) }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  } as const;
}

function secureContext(credentials: TlsCredentials): SecureContext {
  return createSecureContext(contextOptions(credentials));
}

/** The common name of a verified client certificate, or its first alternative name. */
function subjectOf(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const { subject, subjectaltname } = socket.getPeerCertificate();
  const name = subject?.CN as string | string[] | undefined;
  if (typeof name === 'string' && name !== '') return name;
  return subjectaltname?.split(', ')[0];
}
