import { ExpiryQueue } from './expiry-queue.ts';

/** What a session is attached to while its client is connected. */
export interface SessionHolder {
  /**
   * Whether the client waits for this server, or did at `now`, in monotonic ms: for an answer, or for what it has sent to be
   * read. Then nothing can be told from its silence.
   */
  isHeldUp(now: number): boolean;
  /** Called when the session goes on elsewhere or has ended: the connection must be closed. */
  release(reason: string): void;
}

/** A client's session, connected or not. */
export interface Session {
  readonly id: bigint;
  /** Negotiated anew at each connect, in ms. */
  timeoutMs: number;
  /** The connection that speaks for it now. */
  holder: SessionHolder | null;
}

/** The sessions that are alive and when they end if nothing is heard of them (ZooKeeper: `SessionTrackerImpl`). */
export class SessionTracker {
  readonly #sessions = new Map<bigint, Session>();
  readonly #expiry: ExpiryQueue<Session>;

  constructor(tickMs: number) {
    this.#expiry = new ExpiryQueue(tickMs);
  }

  /** Begins a session. */
  open(id: bigint, timeoutMs: number, now: number): Session {
    const session: Session = { id, timeoutMs, holder: null };
    this.#sessions.set(id, session);
    this.touch(session, now);
    return session;
  }

  /** A session that is alive, by its id. */
  get(id: bigint): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Notes a sign of life. */
  touch(session: Session, now: number): void {
    this.#expiry.update(session, session.timeoutMs, now);
  }

  /** Ends a session. */
  close(session: Session): void {
    this.#sessions.delete(session.id);
    this.#expiry.remove(session);
  }

  /** When a session ends if nothing is heard of it, in monotonic ms. */
  dueOf(session: Session): number | undefined {
    return this.#expiry.dueOf(session);
  }

  /** The sessions whose time is up; each must be closed by the caller. */
  takeDue(now: number): Session[] {
    return this.#expiry.takeDue(now);
  }

  /** The sessions alive, with their timeouts in ms. */
  timeouts(): [id: bigint, timeoutMs: number][] {
    return [...this.#sessions.values()].map(({ id, timeoutMs }) => [id, timeoutMs]);
  }

  /** Number of sessions alive. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions by the time they end at, soonest first. */
  buckets(): [due: number, sessions: ReadonlySet<Session>][] {
    return this.#expiry.buckets();
  }
}
