import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { listenError } from '../errors.ts';
import { failure } from '../failure.ts';
import type { Codec } from '../socket/codec.ts';
import { codecFor } from '../socket/codec.ts';
import { isOriginAllowed } from '../socket/origin.ts';
import { type AccountRoutesParts, addAccountRoutes, refuse } from './account-routes.ts';
import { addPages } from './pages.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const SOCKET_PATH = '/v1/ws';
/** Bytes of a request body; a registration has a few hundred. */
const BODY_LIMIT = 16_384;

/** What the public server needs. */
export interface PublicServerParts {
  readonly host: string;
  readonly port: number;
  readonly webRoot: string;
  readonly allowedOrigins: readonly string[];
  readonly maxFrameBytes: number;
  readonly accounts: AccountRoutesParts;
  /** Why no further WebSocket is accepted now, if so. */
  readonly refusal: () => string | undefined;
  readonly accept: (socket: WebSocket, codec: Codec) => void;
}

/** The public side: HTTP and WebSocket on one port. */
export class PublicServer {
  readonly port: number;
  readonly #app: FastifyInstance;
  readonly #sockets: WebSocketServer;

  private constructor(app: FastifyInstance, sockets: WebSocketServer) {
    this.#app = app;
    this.#sockets = sockets;
    this.port = (app.server.address() as AddressInfo).port;
  }

  /** Listens. @throws GatewayError `LISTEN` when the address cannot be taken */
  static async start(parts: PublicServerParts): Promise<PublicServer> {
    const app = createApp(parts);
    addAccountRoutes(app, parts.accounts);
    await addPages(app, parts.webRoot);
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: parts.maxFrameBytes,
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered) => [...offered].find((name) => codecFor(name)) ?? false,
    });
    app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(parts, sockets, request, socket, head);
    });
    try {
      await app.listen({ host: parts.host, port: parts.port });
    } catch (cause) {
      await app.close();
      throw listenError(parts.host, parts.port, cause);
    }
    return new PublicServer(app, sockets);
  }

  /** Accepts nothing new; WebSockets that are open stay. */
  async stopListening(): Promise<void> {
    this.#sockets.close();
    await this.#app.close();
  }
}

function createApp({ allowedOrigins }: PublicServerParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    connectionTimeout: 0,
    requestTimeout: 10_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    http: { headersTimeout: 10_000, maxHeaderSize: 16_384 },
  });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const { origin, host } = request.headers;
    if (!request.url.startsWith('/v1/')) return;
    reply.header('cache-control', 'no-store');
    if (!isOriginAllowed(origin, host, allowedOrigins)) {
      const message = `pages of ${origin} may not use this gateway; see --allowed-origins`;
      return refuse(reply, failure('PERMISSION_DENIED', message));
    }
    if (origin !== undefined && allowedOrigins.includes(origin)) {
      reply.headers({ 'access-control-allow-origin': origin, vary: 'origin' });
      reply.header('access-control-allow-headers', 'authorization, content-type');
      reply.header('cross-origin-resource-policy', 'cross-origin');
      if (request.method === 'OPTIONS') return reply.code(204).send();
    }
  });
  app.setErrorHandler((error: { statusCode?: number; message?: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    const message = status < 500 ? (error.message ?? 'bad request') : 'the request failed';
    const code = status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL';
    return refuse(reply, failure(code, message), status);
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      failure('NOT_FOUND', `there is no ${request.method} ${request.url.split('?')[0]}`),
    ),
  );
  return app;
}

function upgrade(
  { allowedOrigins, refusal, accept }: PublicServerParts,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on('error', () => socket.destroy());
  const { origin, host } = request.headers;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',');
  const full = refusal();
  if (request.url?.split('?')[0] !== SOCKET_PATH) {
    reject(socket, 404, `WebSockets are at ${SOCKET_PATH}`);
  } else if (!isOriginAllowed(origin, host, allowedOrigins)) {
    reject(socket, 403, 'this page may not use this gateway; see --allowed-origins');
  } else if (!offered.some((name) => codecFor(name.trim()) !== undefined)) {
    reject(socket, 400, 'offer the subprotocol mpim.v1 or mpim.v1+json');
  } else if (full !== undefined) {
    reject(socket, 503, full);
  } else {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const codec = codecFor(opened.protocol);
      if (codec === undefined) opened.terminate();
      else accept(opened, codec);
    });
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
};

function reject(socket: Duplex, status: number, message: string): void {
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(message)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${message}`);
}
