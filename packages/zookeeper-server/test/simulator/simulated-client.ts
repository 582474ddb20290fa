import {
  type History,
  type Outcome,
  type ZnodeChange,
  type ZnodeOp,
  znodeResult,
} from '@mpim/testkit';
import {
  DistributedLock,
  type MultiOperation,
  ZooKeeperClient,
  ZooKeeperError,
} from '@mpim/zookeeper';
import { FrameDecoder, JuteReader, readConnectResponse } from '@mpim/zookeeper/protocol';
import type { Dice } from '../support/dice.ts';
import type { SessionLedger } from './session-ledger.ts';
import type { Link, SimulatedNetwork } from './simulated-network.ts';
import { SERVER_PORT, SESSION_TIMEOUT_MS } from './simulated-server.ts';
import { SimulatedProcess, type VirtualTime } from './virtual-time.ts';
import { WatchLedger } from './watch-ledger.ts';

/** What all clients of a simulation share. */
export interface ClientWorld {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly history: History<ZnodeOp>;
  readonly sessions: SessionLedger;
  readonly locks: LockLedger;
}

export const REGISTERS = ['/r0', '/r1', '/r2', '/r3'] as const;
export const SEQUENCE = '/q';
export const EPHEMERALS = '/e';
const LOCK = '/lock';
const CONNECT_TIMEOUT_MS = 1000;

/** Fencing tokens of a lock's holders, in the order in which they came to hold it. */
export class LockLedger {
  readonly violations: string[] = [];
  acquired = 0;
  #highest = 0n;

  /** A client holds the lock. */
  held(client: string, token: bigint): void {
    this.acquired++;
    if (token <= this.#highest) {
      this.violations.push(`${client} holds the lock with token ${token} after ${this.#highest}`);
    }
    this.#highest = token;
  }
}

/** A program with the real client library that does what the dice say, and notes what it learns. */
export class SimulatedClient {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly watches: WatchLedger;
  readonly zk: ZooKeeperClient;
  readonly #world: ClientWorld;
  readonly #dice: Dice;
  /** Connections whose first frame has not come yet. */
  readonly #handshakes = new WeakMap<Link, FrameDecoder | 'done'>();
  #count = 0;

  constructor(name: string, world: ClientWorld, dice: Dice) {
    this.name = name;
    this.#world = world;
    this.#dice = dice;
    const { time, network } = world;
    this.process = new SimulatedProcess(time);
    this.watches = new WatchLedger(name, () => time.now);
    this.zk = ZooKeeperClient.startConnecting({
      connectString: `127.0.0.1:${SERVER_PORT}`,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      renewExpiredSession: true,
      clock: this.process.clock,
      random: () => dice.next(),
      transport: network.forClient(this.process, name, (link, chunk) => this.#heard(link, chunk)),
    });
  }

  /** Does one thing after the other until the time is over. */
  async work(until: number, pauseMs: number): Promise<void> {
    const { time } = this.#world;
    while (time.now < until) {
      await this.step();
      await time.sleep(this.#dice.between(0, 2 * pauseMs));
    }
  }

  /** Does one thing. */
  async step(): Promise<void> {
    const drawn = this.#dice.below(100);
    if (drawn < 58) await this.#register();
    else if (drawn < 66) await this.#sequence();
    else if (drawn < 80) await this.#ephemeral();
    else if (drawn < 95) await this.#watch();
    else await this.#lock();
  }

  /** Reads all registers and the sequence, for the record. */
  async readAll(): Promise<void> {
    for (const path of REGISTERS) await this.#call({ kind: 'get', path });
    await this.#call({ kind: 'count-sequential', parent: SEQUENCE });
    await this.#listEphemerals();
  }

  async close(): Promise<void> {
    this.#world.sessions.closing(this.zk.sessionId);
    await this.zk.close();
  }

  async #register(): Promise<void> {
    const path = this.#dice.one(REGISTERS);
    switch (this.#dice.below(10)) {
      case 0:
      case 1:
        return this.#call({ kind: 'get', path });
      case 2:
        return this.#call({ kind: 'exists', path });
      case 3:
      case 4: {
        const parts = Array.from({ length: 1 + this.#dice.below(3) }, () => this.#change());
        return this.#call({ kind: 'multi', parts });
      }
      default: {
        const change = this.#change(path);
        return this.#call(change.kind === 'check' ? { kind: 'get', path } : change);
      }
    }
  }

  #change(path: string = this.#dice.one(REGISTERS)): ZnodeChange {
    const version = this.#dice.one([-1, -1, -1, 0, 1, 2, 3]);
    const data = `${this.name}-${this.#count++}`;
    switch (this.#dice.below(8)) {
      case 0:
      case 1:
        return { kind: 'create', path, data };
      case 2:
        return { kind: 'delete', path, version };
      case 3:
        return { kind: 'check', path, version };
      default:
        return { kind: 'set', path, data, version };
    }
  }

  #sequence(): Promise<void> {
    const kind = this.#dice.chance(70) ? 'create-sequential' : 'count-sequential';
    return this.#call({ kind, parent: SEQUENCE });
  }

  async #call(op: ZnodeOp): Promise<void> {
    await this.#world.history.record(this.name, op, () =>
      this.#served(op.kind, async () => ({ result: await this.#perform(op) })),
    );
  }

  /** Runs a call; tells the ledger if it was answered within one session. */
  async #served(what: string, run: () => Promise<{ result: string }>): Promise<Outcome> {
    const from = this.#world.time.now;
    const { sessionId } = this.zk;
    let outcome: Outcome;
    try {
      outcome = await run();
    } catch (error) {
      outcome = outcomeOf(error);
    }
    if (typeof outcome === 'object' && this.zk.sessionId === sessionId && sessionId !== 0n) {
      this.#world.sessions.served(sessionId, { from, what: `${what} of ${this.name}` });
    }
    return outcome;
  }

  async #perform(op: ZnodeOp): Promise<string> {
    const { zk } = this;
    switch (op.kind) {
      case 'create':
        await zk.create(op.path, op.data);
        return znodeResult.done;
      case 'delete':
        await zk.delete(op.path, { version: op.version });
        return znodeResult.done;
      case 'set':
        return znodeResult.version(
          (await zk.set(op.path, op.data, { version: op.version })).version,
        );
      case 'get': {
        await this.#maybeSync(op.path);
        const { data, stat } = await this.#observed(op.path, () => zk.get(op.path));
        return znodeResult.get(data?.toString() ?? '', stat.version);
      }
      case 'exists': {
        await this.#maybeSync(op.path);
        const stat = await zk.exists(op.path);
        void this.watches.seen(op.path, stateOf(stat));
        return stat === null ? znodeResult.absent : znodeResult.version(stat.version);
      }
      case 'create-sequential': {
        const mode = 'persistent-sequential';
        const { path } = await zk.create(`${op.parent}/n-`, null, { mode });
        return znodeResult.number(Number(path.slice(-10)));
      }
      case 'count-sequential': {
        await this.#maybeSync(op.parent);
        return znodeResult.number((await zk.children(op.parent)).children.length);
      }
      case 'check':
        await zk.multi([{ type: 'check', path: op.path, version: op.version }]);
        return znodeResult.done;
      case 'multi':
        await zk.multi(op.parts.map(asMultiOperation));
        return znodeResult.done;
    }
  }

  /** A single server has nothing to catch up with: its reads are up to date with and without. */
  async #maybeSync(path: string): Promise<void> {
    if (this.#dice.chance(50)) await this.zk.sync(path);
  }

  /** A read whose result the watches must have told of before. */
  async #observed<T extends { stat: { mzxid: bigint } }>(
    path: string,
    read: () => Promise<T>,
  ): Promise<T> {
    try {
      const found = await read();
      void this.watches.seen(path, stateOf(found.stat));
      return found;
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') void this.watches.seen(path, stateOf(null));
      throw error;
    }
  }

  async #watch(): Promise<void> {
    const path = this.#dice.one(REGISTERS);
    const outcome = await this.#served('a read with a watch', async () => {
      if (this.#dice.chance(50)) {
        const { stat, watch } = await this.zk.existsAndWatch(path);
        this.watches.armed(path, stateOf(stat), watch);
      } else {
        const { stat, watch } = await this.#observed(path, () => this.zk.getAndWatch(path));
        this.watches.armed(path, stateOf(stat), watch);
      }
      return { result: '' };
    });
    if (typeof outcome !== 'object' || this.#dice.chance(50)) return;
    // At once, so that change, event and reads come in one stream.
    const change = this.#change(path);
    const read: ZnodeOp = { kind: 'get', path };
    await Promise.all([change.kind === 'check' ? null : this.#call(change), this.#call(read)]);
  }

  async #ephemeral(): Promise<void> {
    const { sessions, time } = this.#world;
    if (this.#dice.chance(50)) {
      await this.#listEphemerals();
      return;
    }
    const path = `${EPHEMERALS}/${this.name}-${this.#count++}`;
    await this.#served('an ephemeral create', async () => {
      const { stat } = await this.zk.create(path, null, { mode: 'ephemeral' });
      sessions.created(path, stat.ephemeralOwner, time.now);
      return { result: '' };
    });
    if (this.#dice.chance(60)) return;
    await time.sleep(this.#dice.between(0, 300));
    sessions.releasing(path, time.now);
    await this.#served('an ephemeral delete', async () => {
      await this.zk.delete(path);
      return { result: '' };
    });
  }

  async #listEphemerals(): Promise<void> {
    const { sessions, time } = this.#world;
    const from = time.now;
    await this.#served('a list of ephemerals', async () => {
      const { children } = await this.zk.children(EPHEMERALS);
      const paths = new Set(children.map((name) => `${EPHEMERALS}/${name}`));
      sessions.listed(paths, { from, to: time.now });
      return { result: '' };
    });
  }

  async #lock(): Promise<void> {
    const { locks, time } = this.#world;
    const giveUp = new AbortController();
    const timer = time.after(this.#dice.between(500, 4000), () => giveUp.abort());
    try {
      const lock = await DistributedLock.acquire(this.zk, LOCK, { signal: giveUp.signal });
      if (lock.isHeld) locks.held(this.name, lock.fencingToken);
      await time.sleep(this.#dice.between(0, 300));
      await lock.release();
    } catch {
      // Given up, or the session has ended: both are as they should be.
    } finally {
      timer.cancel();
    }
  }

  /** Learns from the wire whether the server refused a session: the library itself may give one up earlier. */
  #heard(link: Link, chunk: Buffer): void {
    const before = this.#handshakes.get(link) ?? new FrameDecoder();
    if (before === 'done') return;
    before.push(Buffer.from(chunk));
    const frame = before.next();
    this.#handshakes.set(link, frame === null ? before : 'done');
    if (frame === null) return;
    const { timeoutMs } = readConnectResponse(new JuteReader(frame));
    if (timeoutMs <= 0) this.#world.sessions.refused(this.zk.sessionId, this.#world.time.now);
  }
}

function asMultiOperation(part: ZnodeChange): MultiOperation {
  const { path } = part;
  switch (part.kind) {
    case 'create':
      return { type: 'create', path, data: part.data };
    case 'set':
      return { type: 'set', path, data: part.data, version: part.version };
    default:
      return { type: part.kind, path, version: part.version };
  }
}

/** Names a state of a node. */
function stateOf(stat: { readonly mzxid: bigint } | null): string {
  return stat === null ? 'absent' : `changed by ${stat.mzxid}`;
}

function codeOf(error: unknown): string {
  return error instanceof ZooKeeperError ? error.code : '';
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ZooKeeperError)) throw error;
  switch (error.code) {
    case 'NO_NODE':
    case 'NODE_EXISTS':
    case 'BAD_VERSION':
      return { result: znodeResult.error(error.code, error.failedIndex) };
    default:
      return error.sent ? 'lost' : 'not applied';
  }
}
