import type { Dice } from '../support/dice.ts';
import type { SimulatedClient } from './simulated-client.ts';
import type { DiskWork, SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { SESSION_TIMEOUT_MS, type SimulatedServer } from './simulated-server.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What it can hurt. */
export interface Victims {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly disk: SimulatedDisk;
  readonly server: SimulatedServer;
  readonly clients: readonly SimulatedClient[];
}

type Fault = (nemesis: Nemesis) => Promise<void>;

/** Does harm: a fault now and then, sometimes several at once, each for a while. */
export class Nemesis {
  readonly victims: Victims;
  readonly dice: Dice;
  /** How often each fault was injected. */
  readonly counts = new Map<string, number>();
  /** The faults of this run: a few kinds, so that some runs see much of a kind. */
  readonly #kinds: readonly string[];

  constructor(victims: Victims, dice: Dice) {
    this.victims = victims;
    this.dice = dice;
    const all = Object.keys(FAULTS);
    const kinds = all.filter(() => dice.chance(45));
    this.#kinds = kinds.length === 0 ? all : kinds;
  }

  /** Does harm until the time is over, and leaves nothing broken behind. */
  async work(until: number, pauseMs: number): Promise<void> {
    const { time } = this.victims;
    const faults: Promise<void>[] = [];
    for (;;) {
      await time.sleep(this.dice.between(0, 2 * pauseMs));
      if (time.now >= until) break;
      const kind = this.dice.any(this.#kinds) ?? '';
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      const fault = FAULTS[kind];
      if (fault !== undefined) faults.push(fault(this));
    }
    await Promise.all(faults);
    await this.victims.server.settled();
  }

  async hold(direction: 'to-server' | 'to-client' | 'both', ms: number): Promise<void> {
    const link = this.dice.any(this.victims.network.links);
    link?.hold(direction);
    await this.victims.time.sleep(ms);
    link?.release();
  }

  /** Work of a kind fails now and then, or always. */
  async failingDisk(work: DiskWork): Promise<void> {
    const { disk, time } = this.victims;
    disk.failing.set(work, this.dice.one([2, 20, 100]));
    await time.sleep(this.while());
    disk.failing.delete(work);
  }

  /** Long enough for a session to end, or much shorter. */
  while(): number {
    return this.dice.between(0, this.dice.one([0.2, 1, 2]) * SESSION_TIMEOUT_MS);
  }
}

const FAULTS: Record<string, Fault> = {
  async cut({ victims, dice }) {
    dice.any(victims.network.links)?.cut();
  },
  async cutAll({ victims }) {
    for (const link of victims.network.links) link.cut();
  },
  async cutWithinFrame({ victims, dice }) {
    const link = dice.any(victims.network.links);
    const lane = dice.chance(50) ? link?.toServer : link?.toClient;
    lane?.cutAfter(dice.below(120), () => link?.cut());
  },
  async halfOpen({ victims, dice }) {
    dice.any(victims.network.links)?.loseServer();
  },
  holdToServer: (nemesis) => nemesis.hold('to-server', nemesis.while()),
  holdToClient: (nemesis) => nemesis.hold('to-client', nemesis.while()),
  holdBoth: (nemesis) => nemesis.hold('both', nemesis.while()),
  async slowNetwork(nemesis) {
    const { network, time } = nemesis.victims;
    network.weather = { delayMs: [1, nemesis.dice.between(20, 400)], splitPercent: 40 };
    await time.sleep(nemesis.while());
    network.weather = { delayMs: [0.1, 2], splitPercent: 10 };
  },
  async slowDisk(nemesis) {
    const { disk, time } = nemesis.victims;
    disk.delayMs = [1, nemesis.dice.between(10, 500)];
    await time.sleep(nemesis.while());
    disk.delayMs = [0.05, 1];
  },
  async fullDisk(nemesis) {
    const { disk, time } = nemesis.victims;
    disk.isFull = true;
    await time.sleep(nemesis.while());
    disk.isFull = false;
  },
  async pauseServer(nemesis) {
    const { process } = nemesis.victims.server;
    process.pause();
    await nemesis.victims.time.sleep(nemesis.while());
    process.resume();
  },
  async pauseClient(nemesis) {
    const client = nemesis.dice.any(nemesis.victims.clients);
    client?.process.pause();
    await nemesis.victims.time.sleep(nemesis.while());
    client?.process.resume();
  },
  async jumpClientClock({ victims, dice }) {
    dice.any(victims.clients)?.process.jumpClock(dice.between(-10_000_000, 10_000_000));
  },
  async jumpServerClock({ victims, dice }) {
    victims.server.jumpClock(dice.between(-100_000, 100_000));
  },
  failingWrites: (nemesis) => nemesis.failingDisk('write'),
  failingSyncs: (nemesis) => nemesis.failingDisk('sync'),
  failingReads: (nemesis) => nemesis.failingDisk('read'),
  failingNames: (nemesis) => nemesis.failingDisk('names'),
  damage: (nemesis) => nemesis.victims.server.damage(nemesis.while()),
  shutDoor: (nemesis) => nemesis.victims.server.shutDoor(nemesis.while()),
  killServer: (nemesis) => nemesis.victims.server.crash('killed', nemesis.while()),
  powerFailure: (nemesis) => nemesis.victims.server.crash('power failure', nemesis.while()),
  killWithinWrite: (nemesis) => nemesis.victims.server.crashWithinWrite('killed', nemesis.while()),
  powerFailureWithinWrite: (nemesis) =>
    nemesis.victims.server.crashWithinWrite('power failure', nemesis.while()),
  restartServer: ({ victims }) => victims.server.restart(),
  async expireSession({ victims, dice }) {
    const client = dice.any(victims.clients);
    if (client !== undefined) victims.server.expireSession(client.zk.sessionId);
  },
};
