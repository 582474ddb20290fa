import { TrafficStats } from '../traffic-stats.ts';

/** In place of a kind of request, after a reset. */
const NOTHING = -1;

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

  /** Notes a request that was handled. */
  handled(request: { xid: number; op: number }, zxid: bigint): void {
    this.lastOp = request.op;
    this.lastXid = request.xid;
    this.lastZxid = zxid;
  }

  /** Notes answers that have gone out together; times are monotonic ms. */
  replied(latencyMs: number, now: number, count: number): void {
    this.traffic.reply(latencyMs, count);
    this.lastResponseAt = now;
    this.lastLatencyMs = latencyMs;
  }

  /** Starts counting anew. */
  reset(): void {
    this.traffic.reset();
    this.lastOp = NOTHING;
    this.lastXid = -1;
    this.lastZxid = -1n;
    this.lastResponseAt = 0;
    this.lastLatencyMs = 0;
  }
}
