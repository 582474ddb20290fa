import { type Logger, ZooKeeperServer, ZooKeeperServerError } from '@mpim/zookeeper-server';
import { LOG_HEADER } from '../../src/persistence/log-format.ts';
import type { Dice } from '../support/dice.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedProcess, type VirtualTime } from './virtual-time.ts';

/** The world a simulated server lives in. */
export interface World {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly disk: SimulatedDisk;
  readonly dice: Dice;
}

export const SERVER_PORT = 2181;
export const TICK_MS = 400;
/** The server's shortest, and what all clients ask for. */
export const SESSION_TIMEOUT_MS = 1600;
const RETRY_START_MS = 300;

/** The real server on a simulated machine, where it can be paused, killed and started again. */
export class SimulatedServer {
  /** What should not have happened. */
  readonly faults: string[] = [];
  readonly #world: World;
  readonly #tickMs: number;
  #process: SimulatedProcess;
  #server: ZooKeeperServer | null = null;
  /** How far the machine's wall clock is off, in ms. */
  #clockOffset = 0;

  constructor(world: World, tickMs: number = TICK_MS) {
    this.#world = world;
    this.#tickMs = tickMs;
    this.#process = new SimulatedProcess(world.time);
  }

  get process(): SimulatedProcess {
    return this.#process;
  }

  get isUp(): boolean {
    return this.#server !== null && !this.#process.isDead;
  }

  /** Starts it on what the disk holds; while the disk is full again and again. */
  async start(): Promise<void> {
    for (;;) {
      const process = new SimulatedProcess(this.#world.time);
      process.jumpClock(this.#clockOffset);
      this.#process = process;
      try {
        const server = await ZooKeeperServer.start(this.#options(process));
        this.#server = server;
        server.failure.catch((error: unknown) => this.#failed('has stopped', error));
        return;
      } catch (error) {
        process.kill();
        if (!isFull(error)) {
          this.#failed('does not start', error);
          return;
        }
        await this.#world.time.sleep(RETRY_START_MS);
      }
    }
  }

  /** Ends the process, or the machine with it, and lets it lie for a while. */
  async crash(how: 'killed' | 'power failure', downMs: number): Promise<void> {
    const { network, disk, time } = this.#world;
    this.#server = null;
    this.#process.kill();
    network.ended(this.#process, how);
    if (how === 'power failure') disk.losePower();
    this.#checkLogs();
    await time.sleep(downMs);
    await this.start();
  }

  /** Stops it in order and starts it again in the same process. */
  async restart(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    try {
      await server.restart();
    } catch (error) {
      if (!isFull(error)) this.#failed('does not start again', error);
      await this.crash('killed', RETRY_START_MS);
    }
  }

  /** Sets the machine's wall clock forward or back, for the process that runs and those to come. */
  jumpClock(ms: number): void {
    this.#clockOffset += ms;
    this.#process.jumpClock(ms);
  }

  /** Ends all sessions' connections. */
  dropConnections(): void {
    this.#server?.dropConnections();
  }

  expireSession(id: bigint): void {
    this.#server?.expireSession(id);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
    this.#process.kill();
  }

  /** Apache ZooKeeper does not start on a log without a header. */
  #checkLogs(): void {
    for (const [path, content] of this.#world.disk.contents()) {
      if (!path.includes('/log.') || content.subarray(0, 16).equals(LOG_HEADER)) continue;
      this.faults.push(`at ${this.#world.time.now} ms ${path} has no header`);
    }
  }

  #failed(what: string, error: unknown): void {
    this.faults.push(`at ${this.#world.time.now} ms the server ${what}: ${String(error)}`);
  }

  #options(process: SimulatedProcess) {
    const { network, disk, dice, time } = this.#world;
    const note = (facts: object, message: string): void => {
      if (!/digest|fault of the server|not the one/.test(message)) return;
      this.faults.push(`at ${time.now} ms: ${message} ${JSON.stringify(facts, printable)}`);
    };
    const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
    return {
      port: SERVER_PORT,
      dataDir: '/data',
      disk: disk.for(process),
      transport: network.forServer(process),
      clock: process.clock,
      random: {
        bytes: (length: number) => Uint8Array.from({ length }, () => dice.below(256)),
      },
      logger,
      tickTimeMs: this.#tickMs,
      minSessionTimeoutMs: SESSION_TIMEOUT_MS,
      // Rolls and snapshots fall into most runs.
      snapCount: 60,
    };
  }
}

function isFull(error: unknown): boolean {
  const cause = error instanceof ZooKeeperServerError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
