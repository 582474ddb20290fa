import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/**
 * A TCP proxy on loopback that can hurt the connections it carries: cut them, swallow what they say, or
 * refuse new ones.
 *
 * @example
 * await using proxy = await FaultProxy.start(zookeeper.port);
 * proxy.cut(); // every connection is reset
 */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #target: () => number;
  readonly #pairs = new Set<Pair>();
  #blackhole = false;
  #refusing = false;

  private constructor(server: Server, target: () => number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#carry(client));
  }

  /** Listens on a free port and carries to `target`, a port on loopback (or a function that gives it). */
  static async start(target: number | (() => number)): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, typeof target === 'number' ? () => target : target);
  }

  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** How many connections it carries now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection. New ones are welcome unless {@link refuse} was called. */
  cut(): void {
    for (const pair of [...this.#pairs]) this.#drop(pair);
  }

  /** From now on nothing passes in either direction, and nothing is closed: a dead peer. */
  blackhole(): void {
    this.#blackhole = true;
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  /** New connections are reset at once. Existing ones go on. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Ends {@link blackhole} and {@link refuse}. */
  heal(): void {
    this.#blackhole = false;
    this.#refusing = false;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #carry(client: Socket): void {
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: this.#target(), host: '127.0.0.1', allowHalfOpen: true });
    const pair = { client, upstream };
    this.#pairs.add(pair);
    this.#pump(client, upstream, pair);
    this.#pump(upstream, client, pair);
    if (this.#blackhole) {
      client.pause();
      upstream.pause();
    }
  }

  #pump(from: Socket, to: Socket, pair: Pair): void {
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#blackhole) from.resume();
    });
    from.on('end', () => to.end());
    from.on('error', () => this.#drop(pair));
    from.on('close', () => this.#drop(pair));
  }

  #drop(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    reset(pair.client);
    reset(pair.upstream);
  }
}

/** While an `end()` is being carried out a reset fails with EINVAL and would leave the socket open for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
