import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { ServiceKitError } from '../error.ts';

/** What the admin server shows. */
export interface AdminServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: Registry;
  /** Why the service cannot serve now; empty when it can. */
  readonly notReady: () => readonly string[];
  /** What is wrong without stopping the service; empty when nothing is. */
  readonly warnings?: () => readonly string[];
}

/**
 * The port for operators and machines:
 *
 * - `/healthz`: 200 as long as the process answers; a supervisor restarts it when not;
 * - `/readyz`: 200 with `{"status":"ready","warnings":[…]}`, or 503 with `{"status":"not ready","reasons":[…],…}`;
 * - `/metrics`: Prometheus text.
 */
export class AdminServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @throws ServiceKitError `ADMIN_LISTEN` when the address cannot be taken */
  static async start(options: AdminServerOptions): Promise<AdminServer> {
    const server = createServer(
      { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000 },
      (request, response) => {
        answer(request, response, options).catch((error: unknown) =>
          response.destroy(asError(error)),
        );
      },
    );
    server.maxConnections = 64;
    server.listen(options.port, options.host);
    try {
      await once(server, 'listening');
    } catch (cause) {
      throw new ServiceKitError(
        'ADMIN_LISTEN',
        `The admin server cannot listen on ${options.host}:${options.port}: ${asError(cause).message}. Choose another port with --admin-port; 0 takes a free one.`,
        { cause },
      );
    }
    return new AdminServer(server, (server.address() as AddressInfo).port);
  }

  /** Stops listening and cuts what is connected. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, notReady, warnings }: AdminServerOptions,
): Promise<void> {
  response.setHeader('cache-control', 'no-store');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendJson(response, 405, { error: 'Use GET.' });
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      return sendJson(response, 200, { status: 'ok' });
    case '/readyz': {
      const reasons = notReady();
      const body = { warnings: warnings?.() ?? [] };
      if (reasons.length === 0) return sendJson(response, 200, { status: 'ready', ...body });
      return sendJson(response, 503, { status: 'not ready', reasons, ...body });
    }
    case '/metrics':
      response.setHeader('content-type', metrics.contentType);
      response.end(await metrics.metrics());
      return;
    default:
      return sendJson(response, 404, { error: 'Known: /healthz, /readyz, /metrics.' });
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
