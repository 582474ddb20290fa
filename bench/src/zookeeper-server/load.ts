import { Latencies } from '../latencies.ts';
import { type FrameKind, FrameRing, numberedRing, operationRing, writeFrame } from './frames.ts';
import { LoadConnection } from './load-connection.ts';
import type { LoadRequest, LoadResult, Round } from './load-request.ts';

/** Requests under way on each connection while nodes are made and removed. */
const BULK_IN_FLIGHT = 250;
/** Sessions that are opened at a time: what goes beyond the backlog of a listening socket (Java: 50) waits a second. */
const OPEN_AT_ONCE = 40;

const latencies = new Latencies();

/** Sends requests to a server and waits for the answers, with as little work of its own as can be. */
export class Load {
  #connections: LoadConnection[] = [];

  /** Does what is asked. Rejects, or throws out of a socket's event, when an answer is not as it must be. */
  async run(request: LoadRequest): Promise<LoadResult> {
    latencies.clear();
    const cpu = process.cpuUsage();
    const start = performance.now();
    const calls = await this.#run(request);
    const elapsedMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { calls, elapsedMs, cpuUs: user + system, ...latencies.quantiles() };
  }

  async #run(request: LoadRequest): Promise<number> {
    switch (request.kind) {
      case 'open':
        return this.#open(request.port, request.connections);
      case 'close':
        return this.#close();
      case 'make': {
        const { paths } = request;
        const ring = new FrameRing(paths.length, (output, slot) =>
          writeFrame(output, slot + 1, 'create', paths[slot] ?? ''),
        );
        return this.#sendEach([ring], paths.length, 1);
      }
      case 'round':
        return this.#round(request);
      case 'fill':
      case 'sweep': {
        let calls = 0;
        for (const { path, count } of request.folders) {
          calls += await this.#bulk(request.kind === 'fill' ? 'create' : 'delete', path, count);
        }
        return calls;
      }
      case 'arm': {
        const connections = this.#connections;
        const ring = single('getAndWatch', request.path);
        const rings = connections.map(() => ring);
        return this.#sendEach(rings, connections.length, 1);
      }
      case 'fire':
        return this.#fire(request.path);
    }
  }

  async #open(port: number, count: number): Promise<number> {
    await this.#close();
    for (let at = 0; at < count; at += OPEN_AT_ONCE) {
      const some = Array.from({ length: Math.min(OPEN_AT_ONCE, count - at) }, (_, i) =>
        LoadConnection.open(at + i, port),
      );
      this.#connections.push(...(await Promise.all(some)));
    }
    return count;
  }

  async #close(): Promise<number> {
    const connections = this.#connections;
    this.#connections = [];
    await Promise.all(connections.map((connection) => connection.close()));
    return connections.length;
  }

  /** Keeps `inFlight` requests under way until the time is over, then waits for the answers still due. */
  #round({ operation, folder, inFlight, ms }: Round): Promise<number> {
    const connections = this.#connections;
    const takesTurns = inFlight < connections.length;
    const each = takesTurns ? inFlight : Math.floor(inFlight / connections.length);
    const rings = connections.map(() =>
      operation === 'create'
        ? numberedRing(each, 'create', folder)
        : operationRing(each, operation, folder),
    );
    const { promise, resolve } = Promise.withResolvers<number>();
    const sentAt = rings.map(({ size }) => new Float64Array(size));
    const answeredSlot = new Int32Array(connections.length);
    let sent = 0;
    let answered = 0;
    let now = performance.now();
    const end = now + ms;
    const send = (connection: LoadConnection, count: number): void => {
      const ring = rings[connection.index] as FrameRing;
      const times = sentAt[connection.index] as Float64Array;
      for (let i = 0, slot = connection.nextSlot; i < count; i++) {
        times[slot] = now;
        ring.number(slot, sent++);
        slot = slot + 1 === ring.size ? 0 : slot + 1;
      }
      connection.send(count);
    };
    const listener = {
      answered: (connection: LoadConnection, count: number): void => {
        now = performance.now();
        const times = sentAt[connection.index] as Float64Array;
        let slot = answeredSlot[connection.index] as number;
        for (let i = 0; i < count; i++) {
          latencies.add(now - (times[slot] as number));
          slot = slot + 1 === times.length ? 0 : slot + 1;
        }
        answeredSlot[connection.index] = slot;
        answered += count;
        if (now < end) {
          const next = takesTurns ? (connection.index + 1) % connections.length : connection.index;
          send(connections[next] as LoadConnection, count);
        } else if (answered === sent) resolve(answered);
      },
      notified: unexpected,
      closed,
    };
    for (const [i, connection] of connections.entries()) {
      connection.use(rings[i] as FrameRing, listener);
    }
    for (const connection of takesTurns ? connections.slice(0, inFlight) : connections) {
      send(connection, takesTurns ? 1 : each);
    }
    return promise;
  }

  /** Creates or deletes numbered nodes of a folder. */
  #bulk(kind: 'create' | 'delete', path: string, count: number): Promise<number> {
    const each = Math.ceil(Math.min(BULK_IN_FLIGHT, count / this.#connections.length));
    const rings = this.#connections.map(() => numberedRing(each, kind, path));
    return this.#sendEach(rings, count, each);
  }

  /** Sends `count` requests in all, `each` at a time on every connection that has a ring. */
  #sendEach(rings: readonly FrameRing[], count: number, each: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    let sent = 0;
    let answered = 0;
    const send = (connection: LoadConnection, wanted: number): void => {
      const ring = rings[connection.index] as FrameRing;
      const some = Math.min(wanted, count - sent);
      if (some === 0) return;
      for (let i = 0, slot = connection.nextSlot; i < some; i++) {
        ring.number(slot, sent++);
        slot = slot + 1 === ring.size ? 0 : slot + 1;
      }
      connection.send(some);
    };
    const listener = {
      answered: (connection: LoadConnection, some: number): void => {
        answered += some;
        if (answered === count) resolve(count);
        else send(connection, some);
      },
      notified: unexpected,
      closed,
    };
    for (const [i, ring] of rings.entries()) this.#connections[i]?.use(ring, listener);
    for (const connection of this.#connections.slice(0, rings.length)) send(connection, each);
    return promise;
  }

  #fire(path: string): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const start = performance.now();
    // Its own answer, too: one that came later would count for what is asked next.
    let due = this.#connections.length + 1;
    const came = (count: number): void => {
      due -= count;
      if (due === 0) resolve(latencies.count);
    };
    const listener = {
      answered: (_: LoadConnection, count: number): void => came(count),
      notified(count: number): void {
        const ms = performance.now() - start;
        for (let i = 0; i < count; i++) latencies.add(ms);
        came(count);
      },
      closed,
    };
    const ring = single('set', path);
    for (const connection of this.#connections) connection.use(ring, listener);
    this.#connections[0]?.send(1);
    return promise;
  }
}

function single(kind: FrameKind, path: string): FrameRing {
  return new FrameRing(1, (output) => writeFrame(output, 1, kind, path));
}

function unexpected(): void {
  throw new Error('a notification that nobody asked for');
}

function closed(): void {
  throw new Error('the server has closed a connection under load');
}
