import { TrafficStats } from '../traffic-stats.ts';

/** What `cons` tells of a connection. */
export class ConnectionStats {
  readonly traffic = new TrafficStats();
  /** Wall-clock ms. */
  readonly establishedAt: number;
  /** The session timeout granted, ms; 0 before. */
  sessionTimeoutMs = 0;
  /** Kind of the last request answered; null before the first. */
  lastOp: number | null = null;
  lastXid = 0;
  lastZxid = 0n;
  /** Monotonic ms. */
  lastResponseAt = 0;
  lastLatencyMs = 0;

  constructor(establishedAt: number) {
    this.establishedAt = establishedAt;
  }

  /** Notes that a session was opened or taken over. */
  established(timeoutMs: number): void {
    this.sessionTimeoutMs = timeoutMs;
  }

  /** Notes a reply; times are monotonic ms. */
  replied(
    request: { xid: number; op: number },
    zxid: bigint,
    startedAt: number,
    now: number,
  ): void {
    this.traffic.reply(now - startedAt);
    this.lastOp = request.op;
    this.lastXid = request.xid;
    this.lastZxid = zxid;
    this.lastResponseAt = now;
    this.lastLatencyMs = now - startedAt;
  }
}
