import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Direction, FaultLane, type SlowLink } from './fault-lane.ts';

/** Hears a piece of a connection as it comes in; connections count from 0. */
export type Tap = (bytes: Buffer, direction: Direction, connection: number) => void;

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  lanes: readonly FaultLane[];
}

/**
 * A TCP proxy on loopback that can hurt the connections it carries: cut them, at once or in the middle of a
 * frame, hold back what they say, slow it down, leave them half-open, or refuse new ones.
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
  readonly #held = new Set<Direction>();
  #slowness: SlowLink | undefined;
  #cutAfter: { direction: Direction; bytes: number } | undefined;
  #refusing = false;
  #carried = 0;
  #tap: Tap | undefined;

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

  /** How many connections it carries now; half-open ones count. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection. New ones are welcome unless {@link refuse} was called. */
  cut(): void {
    for (const pair of [...this.#pairs]) this.#drop(pair);
  }

  /**
   * Lets `bytes` more bytes pass in one direction, counted over all connections, and resets the one that the
   * next byte belongs to. Once; the connections after that are not touched.
   */
  cutAfter(bytes: number, direction: Direction = 'to-client'): void {
    this.#cutAfter = { direction, bytes };
  }

  /**
   * From now on nothing passes, in both directions or in one, and nothing is closed: a dead peer, or one that
   * is only heard or only hears. As with TCP nothing is lost: {@link heal} delivers what was held back.
   */
  blackhole(direction?: Direction): void {
    for (const each of direction === undefined ? BOTH : [direction]) this.#held.add(each);
    this.#refresh();
  }

  /** From now on all bytes pass slowly. */
  slow(link: SlowLink): void {
    this.#slowness = link;
  }

  /**
   * Resets the server's side of every connection and does not tell the client: what the client sends vanishes
   * and nothing comes back, for good. New connections are welcome.
   */
  halfOpen(): void {
    for (const pair of this.#pairs) {
      for (const lane of pair.lanes) lane.stop();
      pair.client.on('end', () => this.#drop(pair));
      pair.upstream.removeAllListeners('close');
      reset(pair.upstream);
    }
  }

  /** New connections are reset at once. Existing ones go on. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Shows what comes in from now on, before any fault is done to it. */
  tap(tap: Tap): void {
    this.#tap = tap;
  }

  /** Ends {@link blackhole}, {@link slow}, {@link refuse} and a {@link cutAfter} that has not cut yet. */
  heal(): void {
    this.#held.clear();
    this.#slowness = undefined;
    this.#cutAfter = undefined;
    this.#refusing = false;
    this.#refresh();
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
    const pair: Pair = { client, upstream, lanes: [] };
    this.#pairs.add(pair);
    const number = this.#carried++;
    client.on('data', (bytes) => this.#tap?.(bytes, 'to-server', number));
    upstream.on('data', (bytes) => this.#tap?.(bytes, 'to-client', number));
    for (const socket of [client, upstream]) {
      socket.on('error', () => this.#drop(pair));
      socket.on('close', () => this.#drop(pair));
    }
    pair.lanes = [
      new FaultLane(client, upstream, this.#faults(pair, 'to-server')),
      new FaultLane(upstream, client, this.#faults(pair, 'to-client')),
    ];
  }

  #faults(pair: Pair, direction: Direction) {
    return {
      held: () => this.#held.has(direction),
      slowness: () => this.#slowness,
      allowance: (bytes: number) => this.#allowance(bytes, direction),
      exhausted: () => this.#drop(pair),
    };
  }

  #allowance(bytes: number, direction: Direction): number {
    const limit = this.#cutAfter;
    if (limit === undefined || limit.direction !== direction) return bytes;
    if (bytes <= limit.bytes) {
      limit.bytes -= bytes;
      return bytes;
    }
    this.#cutAfter = undefined;
    return limit.bytes;
  }

  #refresh(): void {
    for (const { lanes } of this.#pairs) for (const lane of lanes) lane.refresh();
  }

  #drop(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    for (const lane of pair.lanes) lane.stop();
    reset(pair.client);
    reset(pair.upstream);
  }
}

const BOTH: readonly Direction[] = ['to-client', 'to-server'];

/** While an `end()` is being carried out a reset fails with EINVAL and would leave the socket open for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
