import {
  type Listener,
  type Logger,
  ZooKeeperServer,
  ZooKeeperServerError,
} from '@mpim/zookeeper-server';
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
/** Doors beside the first one. */
const MORE_PORTS: readonly number[] = [2182, 2183];
/** All doors, as clients want them. */
export const CONNECT_STRING: string = [SERVER_PORT, ...MORE_PORTS]
  .map((port) => `127.0.0.1:${port}`)
  .join(',');
export const TICK_MS = 400;
/** The server's shortest, and what all clients ask for. */
export const SESSION_TIMEOUT_MS = 1600;
const RETRY_START_MS = 300;
/** How long a crash waits for a write to fall into. */
const WITHIN_WRITE_MS = 50;

type Crash = 'killed' | 'power failure';

/** A file that was damaged while the server was down. */
interface Damage {
  readonly path: string;
  readonly undo: () => void;
}

/** The real server on a simulated machine, where it can be paused, killed and started again. */
export class SimulatedServer {
  /** What should not have happened. */
  readonly faults: string[] = [];
  /** How often a damaged directory was refused, and how often it made no difference. */
  readonly damaged = { refused: 0, harmless: 0 };
  readonly #world: World;
  readonly #tickMs: number;
  #process: SimulatedProcess;
  #server: ZooKeeperServer | null = null;
  #doors: (Listener | null)[] = [];
  /** Starts and stops, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #damage: Damage[] = [];
  /** How many of them have let a start go well. */
  #judged = 0;
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

  /** Resolves once no start and no stop is under way. */
  async settled(): Promise<void> {
    for (let work: Promise<void> | null = null; work !== this.#work; ) {
      work = this.#work;
      await work;
    }
  }

  /** Starts it on what the disk holds; while the disk is full or fails again and again. */
  async start(): Promise<void> {
    for (;;) {
      const process = new SimulatedProcess(this.#world.time);
      process.jumpClock(this.#clockOffset);
      this.#process = process;
      try {
        const server = await ZooKeeperServer.start(this.#options(process));
        this.#doors = await Promise.all(MORE_PORTS.map((port) => server.listen({ port })));
        this.#server = server;
        server.failure.catch((error: unknown) => this.#stopped(process, error));
        this.damaged.harmless += this.#damage.length - this.#judged;
        this.#judged = this.#damage.length;
        return;
      } catch (error) {
        process.kill();
        this.#world.disk.killed(process);
        if (this.#isRefusal(error)) this.#repair();
        else if (!isDiskFault(error)) {
          this.#failed('does not start', error);
          return;
        }
        await this.#world.time.sleep(RETRY_START_MS);
      }
    }
  }

  /** Ends the process, or the machine with it, and lets it lie for a while. */
  crash(how: Crash, downMs: number): Promise<void> {
    return this.#inTurn(() => this.#crash(how, downMs));
  }

  /** The same within the next write that the program waits for, if there is one soon. */
  crashWithinWrite(how: Crash, downMs: number): Promise<void> {
    const { disk, time } = this.#world;
    return this.#inTurn(async () => {
      await new Promise<void>((resolve) => {
        const die = (): void => {
          timer.cancel();
          disk.withinWrite = null;
          this.#die(how);
          resolve();
        };
        const timer = time.after(WITHIN_WRITE_MS, die);
        disk.withinWrite = die;
      });
      await time.sleep(downMs);
      await this.start();
    });
  }

  /** Kills the process, turns a bit over in one of its files, and starts it again. */
  damage(downMs: number): Promise<void> {
    return this.#inTurn(() => this.#crash('killed', downMs, () => this.#rot()));
  }

  /** Stops it in order and starts it again in the same process. */
  restart(): Promise<void> {
    return this.#inTurn(async () => {
      const server = this.#server;
      // Killed or paused meanwhile, it would never be done.
      if (server === null || this.#process.isPaused) return;
      try {
        await server.restart();
      } catch (error) {
        if (!isDiskFault(error)) this.#failed('does not start again', error);
        await this.#crash('killed', RETRY_START_MS);
      }
    });
  }

  /** Shuts one of the further doors for a while: who came through it is cut off, and finds another. */
  async shutDoor(ms: number): Promise<void> {
    const server = this.#server;
    const at = this.#world.dice.below(MORE_PORTS.length);
    const [door, port] = [this.#doors[at], MORE_PORTS[at]];
    if (server === null || !door) return;
    this.#doors[at] = null;
    door.stop().catch((error: unknown) => this.#failed('does not shut a door', error));
    await this.#world.time.sleep(ms);
    if (this.#server !== server || this.#process.isPaused) return;
    try {
      this.#doors[at] = await server.listen({ port: port ?? 0 });
    } catch (error) {
      // Its disk has failed, and the next one is not there yet.
      if (!(error instanceof ZooKeeperServerError && error.code === 'STOPPED')) throw error;
    }
  }

  /** Sets the machine's wall clock forward or back, for the process that runs and those to come. */
  jumpClock(ms: number): void {
    this.#clockOffset += ms;
    this.#process.jumpClock(ms);
  }

  expireSession(id: bigint): void {
    this.#server?.expireSession(id);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
    this.#process.kill();
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task);
    return this.#work;
  }

  async #crash(how: Crash, downMs: number, meanwhile: () => void = () => {}): Promise<void> {
    this.#die(how);
    meanwhile();
    await this.#world.time.sleep(downMs);
    await this.start();
  }

  #die(how: Crash): void {
    const { network, disk } = this.#world;
    this.#server = null;
    this.#process.kill();
    network.ended(this.#process, how);
    disk.killed(this.#process);
    if (how === 'power failure') disk.losePower();
    this.#checkLogs();
  }

  /** A server that has stopped because the disk failed is started again, as its keeper does. */
  #stopped(process: SimulatedProcess, error: unknown): void {
    if (!isDiskFault(error)) this.#failed('has stopped', error);
    void this.#inTurn(async () => {
      if (this.#process === process) await this.#crash('killed', RETRY_START_MS);
    });
  }

  #rot(): void {
    const damage = this.#world.disk.rot();
    if (damage !== null) this.#damage.push(damage);
  }

  /** Whether it will not start because of what was damaged, and says of which file. */
  #isRefusal(error: unknown): boolean {
    if (!(error instanceof ZooKeeperServerError) || error.code !== 'DATA_CORRUPT') return false;
    const { path: named = '' } = error;
    // All snapshots can be at fault at once.
    return this.#damage.some(({ path }) => path === named || path.startsWith(`${named}/snapshot.`));
  }

  #repair(): void {
    this.damaged.refused++;
    for (const { undo } of this.#damage) undo();
    this.#damage = [];
    this.#judged = 0;
  }

  /** Apache ZooKeeper does not start on a log without a header. */
  #checkLogs(): void {
    for (const [path, content] of this.#world.disk.contents()) {
      if (!path.includes('/log.') || content.subarray(0, 16).equals(LOG_HEADER)) continue;
      if (this.#damage.some((damage) => damage.path === path)) continue;
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

/** Whether all that is wrong is that the disk is full or has failed for a while. */
function isDiskFault(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EIO')) return true;
  }
  return false;
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
