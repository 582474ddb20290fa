import type { Connection } from './connection/connection.ts';
import { ConnectionRegistry } from './connection/connection-registry.ts';
import { OutputScheduler } from './connection/output-scheduler.ts';
import type { ServerSettings } from './options.ts';
import { prepareCloseSession } from './prepare/prepare-close-session.ts';
import { ExpiryQueue } from './session/expiry-queue.ts';
import { SessionCredentials } from './session/session-credentials.ts';
import { type Session, SessionTracker } from './session/session-tracker.ts';
import { TrafficStats } from './traffic-stats.ts';
import { DataTree } from './tree/data-tree.ts';
import { volatileLog } from './txn/commit-log.ts';
import { type Committed, Pipeline } from './txn/pipeline.ts';
import { firstZxid } from './txn/zxid.ts';
import { WatchManager } from './watch/watch-manager.ts';

const SERVER_ID = 1;

/** The server without its socket: everything that its connections share. */
export class ServerCore {
  readonly settings: ServerSettings;
  readonly watches = new WatchManager();
  readonly tree: DataTree;
  readonly pipeline: Pipeline;
  readonly sessions: SessionTracker;
  readonly credentials: SessionCredentials;
  readonly connections = new ConnectionRegistry();
  /** Connections that must get somewhere in time: without a session yet, or about to close. */
  readonly impatience: ExpiryQueue<Connection>;
  readonly output: OutputScheduler;
  readonly stats = new TrafficStats();
  /** Auth packets that proved nothing. */
  authFailures = 0;
  /** Monotonic ms. */
  readonly startedAt: number;

  constructor(settings: ServerSettings) {
    const { clock, random, logger, tickTimeMs } = settings;
    const log = volatileLog;
    this.settings = settings;
    this.startedAt = clock.monotonic();
    this.tree = new DataTree(this.watches, firstZxid(clock.now()));
    this.pipeline = new Pipeline({ tree: this.tree, log, clock, logger });
    this.output = new OutputScheduler(clock, log);
    this.sessions = new SessionTracker(tickTimeMs);
    this.impatience = new ExpiryQueue(tickTimeMs);
    this.credentials = new SessionCredentials({
      random,
      startTime: clock.now(),
      serverId: SERVER_ID,
    });
  }

  /** Monotonic time in ms. */
  now(): number {
    return this.settings.clock.monotonic();
  }

  /** Begins a session; takes a zxid. */
  openSession(timeoutMs: number): Session {
    const session = this.sessions.open(this.credentials.nextId(), timeoutMs, this.now());
    this.pipeline.submit({ kind: 'createSession', timeoutMs }, session.id);
    return session;
  }

  /** Ends a session: its ephemeral nodes go in one transaction. Its connection is left to the caller. */
  closeSession(session: Session, cxid = 0): Committed {
    this.sessions.close(session);
    const txn = prepareCloseSession(this.tree.index, session.id);
    return this.pipeline.submit(txn, session.id, cxid);
  }

  /** Ends a session against its will. */
  expireSession(session: Session): void {
    this.settings.logger.info({ sessionId: hex(session.id) }, 'session expired');
    this.closeSession(session);
    session.holder?.release('session expired');
  }

  /** Does what is due: ends silent sessions, closes connections that got nowhere. */
  expire(): void {
    const now = this.now();
    for (const session of this.sessions.takeDue(now)) this.expireSession(session);
    for (const connection of this.impatience.takeDue(now)) connection.release('too slow');
  }
}

/** A 64-bit id as ZooKeeper prints it. */
export function hex(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`;
}
