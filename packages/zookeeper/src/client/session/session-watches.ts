import {
  AddWatchMode,
  type RemoveWatchesRequest,
  type SetWatchesRequest,
  type WatcherEvent,
  WatcherType,
} from '../../protocol/index.ts';
import { Call, type PendingCall } from '../calls/call.ts';
import type { Connection } from '../connection/connection.ts';
import { addWatch, removeWatches } from '../operations/operation.ts';
import { PersistentWatchRegistry } from '../watches/persistent-watch-registry.ts';
import { setWatchesRoom } from '../watches/set-watches-room.ts';
import type { OneShotWatch } from '../watches/watch.ts';
import { WatchRegistry } from '../watches/watch-registry.ts';

/** What {@link SessionWatches} needs of its session. */
export interface WatchUpkeep {
  /** Whether a server can be told now, and will be there to hear. */
  isReachable(): boolean;
  submit(call: PendingCall): void;
  /** Arms one-shot watches anew, behind all that was submitted. */
  rearm(request: SetWatchesRequest): void;
  lastZxid(): bigint;
  maxPacketBytes(): number;
}

/** The session's watches of both kinds: keeps what servers have of them in step, over reconnects and when some go. */
export class SessionWatches {
  readonly oneShot = new WatchRegistry((request) => this.#remove(request));
  readonly persistent = new PersistentWatchRegistry((path) => this.#removePersistent(path));
  readonly #upkeep: WatchUpkeep;

  constructor(upkeep: WatchUpkeep) {
    this.#upkeep = upkeep;
  }

  /** How many wait for events. */
  get size(): number {
    return this.oneShot.size + this.persistent.size;
  }

  /** Passes an event on to those that it is for. */
  fire(event: WatcherEvent): void {
    this.oneShot.fire(event);
    this.persistent.fire(event);
  }

  /** Ends all of them. */
  lose(reason: 'session-expired' | 'closed'): void {
    this.oneShot.lose(reason);
    this.persistent.lose(reason);
  }

  /** Arms everything on a new connection. */
  armAll(connection: Connection): void {
    const lastZxid = this.#upkeep.lastZxid();
    const room = setWatchesRoom(this.#upkeep.maxPacketBytes());
    for (const request of this.oneShot.setWatches(lastZxid, room)) {
      connection.sendSetWatches(request);
    }
    // Behind the others: before 3.9 the later watch on a path decides its mode.
    for (const request of this.persistent.setWatches(lastZxid, room)) {
      connection.sendSetWatches2(request);
    }
    this.persistent.reportGap();
  }

  /**
   * Call it behind a read that leaves a one-shot watch. Before 3.9 that turns a persistent watch on the same path
   * into a one-shot one (ZOOKEEPER-4466), so it is asked for again; what came between the two is a gap.
   */
  keepPersistent(watch: OneShotWatch): void {
    const path = watch.serverPath;
    if (!this.persistent.has(path)) return;
    const recursive = this.persistent.isRecursive(path);
    const mode = recursive ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
    const call = new Call(addWatch, { path, mode }, path, () => {
      if (watch.fired) this.persistent.reportGapAt(path);
    });
    call.promise.catch(() => {});
    this.#upkeep.submit(call);
  }

  /** Best effort: a watch left behind fires once, for nobody. */
  #remove(request: RemoveWatchesRequest): void {
    if (!this.#upkeep.isReachable()) return;
    // Before 3.9 the server's persistent watch on the path would go as well.
    if (this.persistent.has(request.path)) return;
    const call = new Call(removeWatches, request, request.path);
    call.promise.catch(() => {});
    this.#upkeep.submit(call);
  }

  /** Best effort: one left behind ends with the connection, and is for nobody. */
  async #removePersistent(path: string): Promise<void> {
    if (!this.#upkeep.isReachable()) return;
    // A one-shot watch that a read under way is to leave cannot be told from it.
    if (this.oneShot.isExpected(path)) return;
    const call = new Call(removeWatches, { path, type: WatcherType.any }, path);
    this.#upkeep.submit(call);
    // One-shot watches on the path have gone with it.
    const rearm = this.oneShot.setWatchesAt(path, this.#upkeep.lastZxid());
    if (rearm !== null) this.#upkeep.rearm(rearm);
    await call.promise.catch(() => {});
  }
}
