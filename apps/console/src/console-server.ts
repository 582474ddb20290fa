import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ServiceMonitor } from '@mpim/governance';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { viewRegistry } from './registry-view.ts';

/** Where the console listens. */
export interface ConsoleOptions {
  /** Default 127.0.0.1: the console has no login, so it should stay there. */
  host?: string;
  /** Default 0, any free one. */
  port?: number;
}

const PAGE = join(import.meta.dirname, 'page');
const FILES: Readonly<Record<string, { file: string; type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/console.js': { file: 'console.js', type: 'text/javascript; charset=utf-8' },
  '/console.css': { file: 'console.css', type: 'text/css; charset=utf-8' },
};

/**
 * The ops console over HTTP: `/` is the page, `/api/registry` one snapshot as JSON, and `/api/changes` a stream of
 * server-sent events, one `change` whenever the registry changes.
 *
 * @example
 * await using console = await ConsoleServer.start(zk, { port: 8090 });
 */
export class ConsoleServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #monitor: ServiceMonitor;
  readonly #streams = new Set<ServerResponse>();

  private constructor(server: Server, monitor: ServiceMonitor) {
    this.#server = server;
    this.#monitor = monitor;
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
    monitor.on('services', () => this.#changed());
    monitor.on('instances', () => this.#changed());
  }

  /** Reads the registry once, then listens. Rejects with the system's error when the port is taken. */
  static async start(zk: ZooKeeperClient, options: ConsoleOptions = {}): Promise<ConsoleServer> {
    const monitor = new ServiceMonitor(zk);
    try {
      await monitor.ready();
      const server = createServer();
      server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
      await once(server, 'listening');
      return new ConsoleServer(server, monitor);
    } catch (error) {
      await monitor.close();
      throw error;
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.#monitor.close();
    for (const stream of this.#streams) stream.end();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('content-security-policy', "default-src 'self'; frame-ancestors 'none'");
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    const path = new URL(request.url ?? '/', 'http://console').pathname;
    const known = FILES[path];
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end();
    } else if (path === '/api/registry') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(await viewRegistry(this.#monitor)));
    } else if (path === '/api/changes') {
      this.#follow(response);
    } else if (known === undefined) {
      response.writeHead(404).end('There is nothing here. The console is at /.\n');
    } else {
      response.setHeader('content-type', known.type);
      response.end(await readFile(join(PAGE, known.file)));
    }
  }

  #follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: change\ndata: {}\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #changed(): void {
    for (const stream of this.#streams) stream.write('event: change\ndata: {}\n\n');
  }
}
