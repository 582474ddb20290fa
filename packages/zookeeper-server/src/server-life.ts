import { plainAddress } from './acl/ip-scheme.ts';
import type { ClockTimer } from './clock.ts';
import { Connection } from './connection/connection.ts';
import { NodeReaper } from './node-reaper.ts';
import type { ServerSettings } from './options.ts';
import { DataDirectory } from './persistence/data-directory.ts';
import { type Beginnings, ServerCore } from './server-core.ts';
import type { ServerSocket } from './transport.ts';
import { DataTree } from './tree/data-tree.ts';
import { firstZxid } from './txn/zxid.ts';
import { WatchManager } from './watch/watch-manager.ts';

/** How far an earlier life of the same server has got. */
export interface EarlierLife {
  readonly lastZxid: bigint;
  readonly highestSessionId: bigint;
}

/**
 * The server between one start and the next stop: its state in memory, the one timer, the open data
 * directory. Sockets are handed to it; a restart gives the same sockets' owner a new one.
 */
export class ServerLife {
  readonly core: ServerCore;
  readonly #directory: DataDirectory | null;
  readonly #reaper: NodeReaper;
  #tick: ClockTimer;
  #ending: Promise<void> | null = null;

  constructor(settings: ServerSettings, beginnings: Beginnings, earlier?: EarlierLife) {
    this.core = new ServerCore(settings, beginnings, earlier?.highestSessionId);
    this.#directory = beginnings.directory;
    this.#reaper = new NodeReaper(this.core.tree, this.core.pipeline, settings);
    this.#tick = this.#scheduleTick();
  }

  /** Rejects when the disk fails, resolves when the life has ended without; null in memory. */
  get diskEnded(): Promise<unknown> | null {
    return this.#directory?.ended ?? null;
  }

  /** Takes a connection, unless there are too many, in all or from its address. */
  accept(socket: ServerSocket): void {
    const { metrics, connections } = this.core;
    const { maxClientConnections, maxConnections, logger } = this.core.settings;
    if (this.#ending !== null) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.remoteAddress ?? '');
    const isFull = maxConnections > 0 && connections.size >= maxConnections;
    const held = connections.countOf(address);
    if (isFull || (maxClientConnections > 0 && held >= maxClientConnections)) {
      metrics.connectionsRejected++;
      if (isFull) logger.warn({ address, maxConnections }, 'too many connections');
      else logger.warn({ address, maxClientConnections }, 'too many connections from one address');
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    metrics.connectionsAccepted++;
    new Connection(this.core, socket);
  }

  dropConnections(): void {
    for (const connection of [...this.core.connections]) connection.release('dropped');
  }

  /** Sends what was answered, cuts all connections and closes the data directory. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#tick.cancel();
    this.core.resume();
    this.core.output.flush();
    await this.#directory?.settled();
    this.dropConnections();
    await this.#directory?.close();
  }

  /** One timer for everything, at the next tick boundary, where deadlines fall due. */
  #scheduleTick(): ClockTimer {
    const { clock, tickTimeMs } = this.core.settings;
    const delay = tickTimeMs - (clock.monotonic() % tickTimeMs);
    return clock.setTimeout(() => {
      this.#tick = this.#scheduleTick();
      // After a pause of the whole process the signs of life that wait in the sockets count first. Those that come while something
      // else holds the loop up, a write to the log perhaps, wait for the next tick, and so does what falls due then.
      const now = clock.monotonic();
      clock.defer(() => this.#onTick(now));
    }, Math.ceil(delay));
  }

  #onTick(now: number): void {
    if (this.#ending !== null || this.core.isPaused) return;
    this.core.expire(now);
    if (!this.core.pipeline.isFull) this.#reaper.run(now);
  }
}

/** What a life begins with: an empty tree, or what the data directory holds. */
export async function begin(settings: ServerSettings, earlier?: EarlierLife): Promise<Beginnings> {
  const watches = new WatchManager();
  const { dataDir, clock } = settings;
  if (dataDir === null) {
    const zxid = firstZxid(clock.now());
    const above = (earlier?.lastZxid ?? -1n) + 1n;
    const tree = new DataTree(watches, zxid > above ? zxid : above);
    return { watches, tree, directory: null };
  }
  const tree = new DataTree(watches, 0n, { digest: true });
  const directory = await DataDirectory.open(dataDir, tree, settings);
  tree.quotas.recount();
  return { watches, tree, directory };
}
