import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listenError } from '../listen-error.ts';
import type { AdminOptions } from '../options/network.ts';
import type { ServerCore } from '../server-core.ts';
import { ADMIN_COMMAND_NAMES, adminCommand } from './commands.ts';
import { jsonText } from './json-text.ts';
import { prometheusText } from './prometheus.ts';

/** Gives the server that is told about, null while there is none. */
type CoreSource = () => ServerCore | null;

const DEFAULT_COMMANDS = '/commands';
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Whoever asks for figures needs few; this is no place to hold many. */
const MAX_CONNECTIONS = 100;
const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';

/**
 * HTTP for operators and monitoring: `/commands` lists the commands, `/commands/<name>` answers one as JSON like
 * ZooKeeper's AdminServer, `/metrics` is Prometheus text. Nobody is asked who they are, as in ZooKeeper; the commands
 * can reset counters but change nothing else.
 */
export class AdminServer implements AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  /** Port it listens on. */
  readonly port: number;
  /** Path of the commands; null if there are none. */
  readonly commandUrl: string | null;
  readonly #server: Server;
  readonly #onClosed: (admin: AdminServer) => void;
  #stopped: Promise<void> | null = null;

  private constructor(
    server: Server,
    { host, commandUrl }: { host: string; commandUrl: string | null },
    onClosed: (admin: AdminServer) => void,
  ) {
    const address = server.address();
    this.#server = server;
    this.#onClosed = onClosed;
    this.host = host;
    this.commandUrl = commandUrl;
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Opens the port; `onClosed` is called once it is shut. */
  static async open(
    options: AdminOptions & { host: string; port: number },
    core: CoreSource,
    onClosed: (admin: AdminServer) => void,
  ): Promise<AdminServer> {
    const { host, port, commandUrl = DEFAULT_COMMANDS } = options;
    const keepAliveTimeout = options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS;
    const requestTimeout = Math.min(REQUEST_TIMEOUT_MS, keepAliveTimeout);
    const timeouts = { keepAliveTimeout, requestTimeout, headersTimeout: requestTimeout };
    const server = createServer(timeouts, (request, response) => {
      const context = { core: core(), commandUrl };
      try {
        answer(request, response, context);
      } catch (error) {
        const facts = { url: request.url, err: error };
        context.core?.settings.logger.error(facts, 'the admin port could not answer');
        send(
          response,
          500,
          'text/plain',
          "this could not be answered; the server's log says why\n",
        );
      }
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.setTimeout(keepAliveTimeout);
    server.listen({ host, port });
    try {
      await once(server, 'listening');
    } catch (cause) {
      throw listenError('the admin port', { host, port }, cause);
    }
    return new AdminServer(server, { host, commandUrl }, onClosed);
  }

  /** Stops listening and cuts what is connected. */
  stop(): Promise<void> {
    if (this.#stopped === null) {
      this.#stopped = once(this.#server.close(), 'close').then(() => this.#onClosed(this));
      this.#server.closeAllConnections();
    }
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

interface Context {
  readonly core: ServerCore | null;
  readonly commandUrl: string | null;
}

function answer(request: IncomingMessage, response: ServerResponse, context: Context): void {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const { core, commandUrl } = context;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(response, 405, 'text/plain', 'only GET and HEAD\n');
  } else if (path === commandUrl || path === `${commandUrl}/`) {
    send(response, 200, 'text/html', listOf(path.replace(/\/$/, '')));
  } else if (commandUrl !== null && path.startsWith(`${commandUrl}/`)) {
    const name = decoded(path.slice(commandUrl.length + 1));
    send(response, 200, 'application/json', run(name, new URLSearchParams(query), core));
  } else if (path !== '/metrics') {
    const where = commandUrl === null ? '/metrics' : `${commandUrl} and /metrics`;
    send(response, 404, 'text/plain', `nothing at this path; see ${where}\n`);
  } else if (core === null) {
    send(response, 503, 'text/plain', `${NOT_SERVING}\n`);
  } else {
    send(response, 200, 'text/plain; version=0.0.4', prometheusText(core));
  }
}

/** A name as it was before it became part of a URL; what is no such part stays as it is. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function listOf(commandUrl: string): string {
  return ADMIN_COMMAND_NAMES.map(
    (name) => `<a href="${commandUrl}/${name}">${name}</a>\n<br/>\n`,
  ).join('');
}

/** The answer to a command; as in ZooKeeper what is wrong stands in `error`, not in the status. */
function run(asked: string, parameters: URLSearchParams, core: ServerCore | null): string {
  const command = adminCommand(asked);
  const error = command === undefined ? `Unknown command: ${asked}` : NOT_SERVING;
  if (command === undefined || core === null) {
    return `${jsonText({ command: command?.name ?? asked, error })}\n`;
  }
  const told = command.run(core, parameters);
  const body =
    'error' in told
      ? { ...told, command: command.name }
      : { ...told, command: command.name, error: null };
  return `${jsonText(body)}\n`;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
