import { ConnectionRegistry } from './connection/connection-registry.ts';
import type { OpenConnection } from './connection/open-connection.ts';
import { OutputBudget } from './connection/output-budget.ts';
import { OutputScheduler } from './connection/output-scheduler.ts';
import { RequestThrottle } from './connection/request-throttle.ts';
import { ServerLoad } from './connection/server-load.ts';
import { hex } from './hex.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import type { ServerSettings } from './options.ts';
import type { DataDirectory } from './persistence/data-directory.ts';
import { prepareCloseSession } from './prepare/prepare-close-session.ts';
import { ChildrenCache } from './process/children-cache.ts';
import { ExpiryQueue } from './session/expiry-queue.ts';
import { SessionCredentials } from './session/session-credentials.ts';
import { type Session, SessionTracker } from './session/session-tracker.ts';
import { TrafficStats } from './traffic-stats.ts';
import type { DataTree } from './tree/data-tree.ts';
import { volatileLog } from './txn/commit-log.ts';
import { type Committed, Pipeline } from './txn/pipeline.ts';
import type { WatchManager } from './watch/watch-manager.ts';

const SERVER_ID = 1;
const DEFAULT_TRACE_MASK = 306n;

/** What a server begins with. */
export interface Beginnings {
  readonly watches: WatchManager;
  /** Reports its events to the watches. */
  readonly tree: DataTree;
  /** Where changes become durable; null for a server that keeps everything in memory. */
  readonly directory: DataDirectory | null;
}

/** The server without its socket: everything that its connections share. */
export class ServerCore {
  readonly settings: ServerSettings;
  readonly watches: WatchManager;
  readonly tree: DataTree;
  readonly pipeline: Pipeline;
  readonly sessions: SessionTracker;
  readonly credentials: SessionCredentials;
  readonly connections = new ConnectionRegistry();
  /** Connections that must get somewhere in time: without a session yet, or about to close. */
  readonly impatience: ExpiryQueue<OpenConnection>;
  readonly output: OutputScheduler;
  readonly stats = new TrafficStats();
  readonly metrics = new ServerMetrics();
  readonly childLists = new ChildrenCache();
  /** Where changes become durable; null in memory. */
  readonly directory: DataDirectory | null;
  /** What ZooKeeper's trace would log; kept for those who ask. */
  traceMask = DEFAULT_TRACE_MASK;
  readonly load: ServerLoad;
  readonly budget: OutputBudget;
  readonly throttle: RequestThrottle;
  /** Monotonic ms. */
  readonly startedAt: number;
  #paused = false;

  /** Session ids begin above `highestSessionId`, the highest of an earlier life, and above the highest the directory knows. */
  constructor(
    settings: ServerSettings,
    { watches, tree, directory }: Beginnings,
    highestSessionId = 0n,
  ) {
    const { clock, random, logger, tickTimeMs } = settings;
    const log = directory ?? volatileLog;
    this.settings = settings;
    this.directory = directory;
    this.startedAt = clock.monotonic();
    this.watches = watches;
    this.tree = tree;
    this.pipeline = new Pipeline({ tree, log, clock, logger });
    this.load = new ServerLoad(settings);
    this.budget = new OutputBudget(settings, clock);
    this.throttle = new RequestThrottle({
      limits: settings,
      load: this.load,
      budget: this.budget,
      metrics: this.metrics,
      clock,
    });
    this.output = new OutputScheduler(clock, log, () => {
      this.throttle.relieve();
      this.load.relieve();
      this.budget.relieve();
    });
    this.sessions = new SessionTracker(tickTimeMs);
    this.impatience = new ExpiryQueue(tickTimeMs);
    const recoveredId = directory?.recovered.highestSessionId ?? 0n;
    this.credentials = new SessionCredentials({
      random,
      startTime: clock.now(),
      serverId: SERVER_ID,
      lasting: directory !== null,
      highestId: recoveredId > highestSessionId ? recoveredId : highestSessionId,
    });
    for (const [id, timeoutMs] of directory?.recovered.sessions ?? []) {
      this.sessions.open(id, timeoutMs, this.now());
    }
    directory?.useSessions(() => this.sessions.timeouts());
  }

  /** Monotonic time in ms. */
  now(): number {
    return this.settings.clock.monotonic();
  }

  /** Requests that were received and whose answers are not out yet. */
  get outstanding(): number {
    return this.load.outstanding + this.throttle.size;
  }

  /** When a connection will be closed unless something is heard of it, in monotonic ms. */
  dueOf(connection: OpenConnection): number {
    const { session } = connection;
    const due = session === null ? this.impatience.dueOf(connection) : this.sessions.dueOf(session);
    return due ?? this.now();
  }

  /** Whether nothing is to be read, answered or expired for now. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** Stops reading, answering and expiring. */
  pause(): void {
    this.#paused = true;
    this.output.pause();
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const connection of [...this.connections]) connection.proceed();
    this.output.resume();
  }

  /** Begins a session; takes a zxid, so not to be called while the pipeline is full. */
  openSession(timeoutMs: number): Session {
    const session = this.sessions.open(this.credentials.nextId(), timeoutMs, this.now());
    this.pipeline.submit({ kind: 'createSession', timeoutMs }, session.id);
    this.settings.logger.info({ sessionId: hex(session.id), timeoutMs }, 'session opened');
    return session;
  }

  /** Ends a session: its ephemeral nodes go in one transaction. Its connection is left to the caller. */
  closeSession(session: Session, cxid = 0): Committed {
    this.sessions.close(session);
    const txn = prepareCloseSession(this.tree.index, session.id);
    return this.pipeline.submit(txn, session.id, cxid);
  }

  /** Ends a session against its will; on a full disk it lives on until there is room. */
  expireSession(session: Session): void {
    if (this.pipeline.isFull) return;
    this.metrics.sessionsExpired++;
    this.settings.logger.info({ sessionId: hex(session.id) }, 'session expired');
    this.closeSession(session);
    session.holder?.release('session expired');
  }

  /**
   * Does what was due at `now`, in monotonic ms: ends silent sessions, closes connections that got nowhere. Whoever waits for
   * this server, because its disk stalls, has a full new timeout: the pings may wait with what was sent before them.
   */
  expire(now: number): void {
    if (!this.pipeline.isFull) {
      for (const session of this.sessions.takeDue(now)) {
        if (session.holder?.isHeldUp(now) === true) this.sessions.touch(session, now);
        else this.expireSession(session);
      }
    }
    for (const connection of this.impatience.takeDue(now)) {
      if (connection.state.kind === 'connecting') this.metrics.sessionlessConnectionsExpired++;
      connection.release('too slow');
    }
  }
}
