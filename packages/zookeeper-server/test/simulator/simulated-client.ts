import type { History, Outcome, ZnodeOp } from '@mpim/testkit';
import { DistributedLock, ZooKeeperClient } from '@mpim/zookeeper';
import { FrameDecoder, JuteReader, readConnectResponse } from '@mpim/zookeeper/protocol';
import type { Dice } from '../support/dice.ts';
import {
  callZnode,
  drawZnodeChange,
  drawZnodeOp,
  observed,
  outcomeOf,
  REGISTERS,
  SEQUENCE,
  type Seen,
} from '../support/znode-calls.ts';
import { ChangeLedger } from './change-ledger.ts';
import type { SessionLedger } from './session-ledger.ts';
import type { Link } from './simulated-link.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { CONNECT_STRING, SESSION_TIMEOUT_MS } from './simulated-server.ts';
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

export const EPHEMERALS = '/e';
const LOCK = '/lock';
const CONNECT_TIMEOUT_MS = 1000;

/** Fencing tokens of a lock's holders. */
export class LockLedger {
  readonly violations: string[] = [];
  acquired = 0;
  #highest = 0n;

  /**
   * A client believes that it holds the lock. Whether somebody with a higher token has done so before: then its
   * session must have ended, and it only does not know yet.
   */
  held(token: bigint): { isOvertaken: boolean } {
    this.acquired++;
    const isOvertaken = token <= this.#highest;
    if (!isOvertaken) this.#highest = token;
    return { isOvertaken };
  }
}

/** A program with the real client library that does what the dice say, and notes what it learns. */
export class SimulatedClient {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly watches: WatchLedger;
  readonly changes: ChangeLedger;
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
    this.changes = new ChangeLedger(name, time);
    this.zk = ZooKeeperClient.startConnecting({
      connectString: CONNECT_STRING,
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
    if (drawn < 66) await this.#call(drawZnodeOp(this.#dice, this.#nextData()));
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

  async #call(op: ZnodeOp): Promise<void> {
    const options = { sync: this.#dice.chance(50), seen: this.#reading() };
    await this.#world.history.record(this.name, op, () =>
      this.#served(op.kind, () => callZnode(this.zk, op, options)),
    );
  }

  /** Runs a call; tells the ledger if it was answered within one session. */
  async #served(what: string, run: () => Promise<Outcome>): Promise<Outcome> {
    const from = this.#world.time.now;
    const { sessionId } = this.zk;
    const outcome = await run().catch(outcomeOf);
    if (typeof outcome === 'object' && this.zk.sessionId === sessionId && sessionId !== 0n) {
      this.#world.sessions.served(sessionId, { from, what: `${what} of ${this.name}` });
    }
    return outcome;
  }

  /** What is to hear of the result of a read that is called now. */
  #reading(): Seen {
    const mark = this.changes.mark();
    return (path, stat) => {
      void this.watches.seen(path, stateOf(stat));
      void this.changes.seen(path, stat, mark);
    };
  }

  async #watch(): Promise<void> {
    const path = this.#dice.one(REGISTERS);
    const outcome = await this.#served('a read with a watch', async () => {
      if (this.#dice.chance(50)) {
        const { stat, watch } = await this.zk.existsAndWatch(path);
        this.watches.armed(path, stateOf(stat), watch);
      } else {
        const { stat, watch } = await observed(path, this.#reading(), () =>
          this.zk.getAndWatch(path),
        );
        this.watches.armed(path, stateOf(stat), watch);
      }
      return { result: '' };
    });
    if (typeof outcome !== 'object' || this.#dice.chance(50)) return;
    // At once, so that change, event and reads come in one stream.
    const change = drawZnodeChange(this.#dice, this.#nextData(), path);
    const read: ZnodeOp = { kind: 'get', path };
    await Promise.all([change.kind === 'check' ? null : this.#call(change), this.#call(read)]);
  }

  #nextData(): string {
    return `${this.name}-${this.#count++}`;
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
      const { fencingToken: token } = lock;
      if (lock.isHeld && locks.held(token).isOvertaken) {
        const stat = await this.zk.exists(lock.path);
        if (stat?.czxid === token) {
          locks.violations.push(`the lock had two holders, ${this.name} with token ${token}`);
        }
      }
      await time.sleep(this.#dice.between(0, 300));
      await lock.release();
    } catch {
      // Given up, or the session has ended: both are as they should be.
    } finally {
      timer.cancel();
    }
  }

  /** Learns from the wire which session the server gave, or that it refused one: the library itself may give one up earlier. */
  #heard(link: Link, chunk: Buffer): void {
    const before = this.#handshakes.get(link) ?? new FrameDecoder();
    if (before === 'done') return;
    before.push(Buffer.from(chunk));
    const frame = before.next();
    this.#handshakes.set(link, frame === null ? before : 'done');
    if (frame === null) return;
    const { sessions, time } = this.#world;
    const { timeoutMs, sessionId } = readConnectResponse(new JuteReader(frame));
    if (timeoutMs <= 0) sessions.refused(this.zk.sessionId, time.now);
    else sessions.given(sessionId, this.name, this.zk.sessionId, time.now);
  }
}

/** Names a state of a node. */
function stateOf(stat: { readonly mzxid: bigint } | null): string {
  return stat === null ? 'absent' : `changed by ${stat.mzxid}`;
}
