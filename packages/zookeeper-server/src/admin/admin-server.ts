import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { ZooKeeperServerError } from '../errors.ts';
import type { ServerCore } from '../server-core.ts';
import { ADMIN_COMMANDS, prometheusText } from './commands.ts';

/** Where the admin port listens. */
export interface AdminOptions {
  /** Default: the server's own address. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
}

const COMMANDS = '/commands';
const TIMEOUT_MS = 10_000;

/**
 * HTTP for operators and monitoring, read-only: `/commands` lists the commands, `/commands/<name>` answers one as
 * JSON like ZooKeeper's AdminServer, `/metrics` is Prometheus text.
 */
export class AdminServer implements AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  /** Port it listens on. */
  readonly port: number;
  readonly #server: Server;
  #stopped: Promise<void> | null = null;

  private constructor(server: Server, host: string) {
    const address = server.address();
    this.#server = server;
    this.host = host;
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Opens the port. `core` gives the server it tells about, null while there is none. */
  static async open(
    { host, port }: Required<AdminOptions>,
    core: () => ServerCore | null,
  ): Promise<AdminServer> {
    const server = createServer({ requestTimeout: TIMEOUT_MS }, (request, response) => {
      const [path = '/'] = (request.url ?? '/').split('?');
      if (request.method === 'GET') answer(path, core(), response);
      else send(response, 405, 'text/plain', 'only GET\n');
    });
    server.listen({ host, port });
    try {
      await once(server, 'listening');
    } catch (cause) {
      const message = `the admin port cannot listen on ${host}:${port}; choose another port`;
      throw new ZooKeeperServerError('LISTEN_FAILED', message, { cause });
    }
    return new AdminServer(server, host);
  }

  /** Stops listening and cuts what is connected. */
  stop(): Promise<void> {
    if (this.#stopped === null) {
      this.#stopped = once(this.#server.close(), 'close').then(() => {});
      this.#server.closeAllConnections();
    }
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function answer(path: string, core: ServerCore | null, response: ServerResponse): void {
  if (path === COMMANDS || path === `${COMMANDS}/`) {
    const links = [...ADMIN_COMMANDS.keys()].map(
      (name) => `<a href="${COMMANDS}/${name}">${name}</a>`,
    );
    send(response, 200, 'text/html', links.join('<br/>\n'));
  } else if (path.startsWith(`${COMMANDS}/`)) {
    command(path.slice(COMMANDS.length + 1), core, response);
  } else if (path === '/metrics' && core !== null) {
    send(response, 200, 'text/plain; version=0.0.4', prometheusText(core));
  } else {
    send(
      response,
      core === null ? 503 : 404,
      'text/plain',
      `nothing at this path; see ${COMMANDS}\n`,
    );
  }
}

function command(name: string, core: ServerCore | null, response: ServerResponse): void {
  const run = ADMIN_COMMANDS.get(name);
  const error = core === null ? 'This ZooKeeper instance is not currently serving requests' : null;
  const body =
    run === undefined
      ? { command: name, error: `Unknown command: ${name}` }
      : { ...(core === null ? {} : run(core)), command: name, error };
  const status = run === undefined ? 404 : core === null ? 503 : 200;
  send(response, status, 'application/json', `${JSON.stringify(body, null, 2)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
  response.end(body);
}
