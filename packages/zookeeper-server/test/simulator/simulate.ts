import { createHash } from 'node:crypto';
import { findViolation, History, type ZnodeOp, znodeModel } from '@mpim/testkit';
import { ZooKeeperError } from '@mpim/zookeeper';
import { Dice } from '../support/dice.ts';
import { REGISTERS, SEQUENCE } from '../support/znode-calls.ts';
import { Nemesis } from './nemesis.ts';
import { SessionLedger } from './session-ledger.ts';
import { type ClientWorld, EPHEMERALS, LockLedger, SimulatedClient } from './simulated-client.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SESSION_TIMEOUT_MS, SimulatedServer, TICK_MS } from './simulated-server.ts';
import { VirtualTime } from './virtual-time.ts';

/** What a simulation has come to. */
export interface SimulationReport {
  readonly seed: number;
  /** What was promised and not kept; empty if all is well. */
  readonly violations: readonly string[];
  /** Calls on registers and sequences, and how many of them were answered. */
  readonly calls: number;
  readonly answered: number;
  readonly watchEvents: number;
  readonly locks: number;
  /** How often each fault was injected. */
  readonly faults: ReadonlyMap<string, number>;
  /** How often the server refused a directory with a damaged file, and how often it made no difference. */
  readonly damaged: { readonly refused: number; readonly harmless: number };
  /** Writes of files that the server has waited for, and those that were done beside it. */
  readonly inlineWrites: number;
  readonly otherWrites: number;
  readonly virtualMs: number;
  /** The same for the same history. */
  readonly fingerprint: string;
}

const BUSY_MS = 8000;
/** Until everybody is back, after all faults are over. */
const RECOVERY_MS = 120_000;

/**
 * Lets real clients and a real server work on a simulated network, disk and clock, hurts them as the seed says,
 * and judges what the clients saw: linearizability of all reads and writes, acknowledged writes over crashes,
 * sessions and their ephemeral nodes, watches, and the order of a lock's holders.
 */
export async function simulate(seed: number): Promise<SimulationReport> {
  const time = new VirtualTime();
  const dice = new Dice(seed);
  const network = new SimulatedNetwork(time, dice.fork());
  const disk = new SimulatedDisk(time, dice.fork());
  const server = new SimulatedServer({ time, network, disk, dice: dice.fork() });
  const history = new History<ZnodeOp>();
  const sessions = new SessionLedger();
  const locks = new LockLedger();
  const world: ClientWorld = { time, network, history, sessions, locks };
  const violations: string[] = [];
  const clients: SimulatedClient[] = [];
  const nemesisDice = dice.fork();
  let faults: ReadonlyMap<string, number> = new Map();

  const run = async (): Promise<void> => {
    await server.start();
    const setup = new SimulatedClient('setup', world, dice.fork());
    for (const path of [SEQUENCE, EPHEMERALS]) {
      await untilAnswered(time, () => setup.zk.create(path, null));
    }
    await setup.close();
    for (let i = 2 + dice.below(4); i > 0; i--) {
      clients.push(new SimulatedClient(`c${i}`, world, dice.fork()));
    }
    const nemesis = new Nemesis({ time, network, disk, server, clients }, nemesisDice);
    faults = nemesis.counts;
    const until = time.now + BUSY_MS;
    const pauseMs = dice.one([30, 80, 200]);
    const work = clients.flatMap((client) =>
      // Two at once, so that requests of one session overtake nothing.
      [client.work(until, pauseMs), client.work(until, 2 * pauseMs)],
    );
    for (const client of clients) void client.changes.follow(client.zk);
    await nemesis.work(until, dice.one([100, 400, 1500]));
    await Promise.all(work);
    await finish();
  };

  /** When all is whole again everybody reads everything, and every watch must be heard of. */
  const finish = async (): Promise<void> => {
    for (const client of clients) await client.readAll();
    await server.crash('power failure', 0);
    const last = new SimulatedClient('last', world, dice.fork());
    const insist = (call: () => Promise<unknown>): Promise<void> => untilAnswered(time, call);
    await insist(() => last.zk.sync('/'));
    await last.readAll();
    // They stay: of a node that comes and goes while a client is away it need not hear.
    for (const path of REGISTERS) {
      await insist(() => last.zk.create(path, 'over'));
      await insist(() => last.zk.set(path, 'really over'));
    }
    // Whoever is answered now has been told of all this before.
    for (const { zk } of clients) await insist(() => zk.sync('/'));
    for (const { watches } of clients) violations.push(...forgotten(watches.waiting));
    for (const client of clients) await client.close();
    await time.sleep(2 * SESSION_TIMEOUT_MS + 2 * TICK_MS);
    let left: string[] = [];
    await insist(async () => {
      left = (await last.zk.children(EPHEMERALS)).children;
    });
    if (left.length > 0) violations.push(`ephemeral nodes without a session: ${left}`);
    await last.close();
    await server.stop();
  };

  await time.during(run(), BUSY_MS + RECOVERY_MS).catch((error: unknown) => {
    violations.push(String(error));
  });
  const broken = findViolation(znodeModel, history.calls);
  if (broken !== null) violations.push(broken.message);
  violations.push(...server.faults, ...sessions.violations, ...locks.violations);
  for (const { watches, changes } of clients) {
    violations.push(...watches.violations, ...changes.violations);
  }
  return {
    seed,
    violations,
    calls: history.calls.length,
    answered: history.calls.filter(({ result }) => result !== undefined).length,
    watchEvents: clients.reduce(
      (sum, { watches, changes }) => sum + watches.events + changes.events,
      0,
    ),
    locks: locks.acquired,
    faults,
    damaged: server.damaged,
    inlineWrites: disk.inlineWrites,
    otherWrites: disk.otherWrites,
    virtualMs: time.now,
    fingerprint: fingerprintOf(history),
  };
}

/** Repeats a call until there is an answer, be it a refusal. */
async function untilAnswered(time: VirtualTime, call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      if (!error.retryable && error.code !== 'SESSION_EXPIRED') return;
      await time.sleep(100);
    }
  }
}

function forgotten(waiting: readonly string[]): string[] {
  return waiting.map((watch) => `a watch has heard of no change: ${watch}`);
}

function fingerprintOf(history: History<ZnodeOp>): string {
  return createHash('sha256').update(JSON.stringify(history.calls)).digest('hex').slice(0, 16);
}
