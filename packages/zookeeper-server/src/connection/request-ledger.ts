import { isUpdate } from '../prepare/prepare-write.ts';
import type { ServerCore } from '../server-core.ts';
import { AnsweredRequests } from './answered-requests.ts';
import type { ConnectionStats } from './connection-stats.ts';

/** What one connection has under way, and its share in what the whole server has. */
export class RequestLedger {
  readonly #core: ServerCore;
  readonly #stats: ConnectionStats;
  /** Handled since output was last taken. */
  #answered = new AnsweredRequests();
  #outstanding = 0;

  constructor(core: ServerCore, stats: ConnectionStats) {
    this.#core = core;
    this.#stats = stats;
  }

  /** Requests handled whose answers are not out yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Whether a large request was admitted that no output has been taken for. */
  get holdsLarge(): boolean {
    return this.#answered.largeBytes > 0;
  }

  /** Counts a request that came at `startedAt`, in monotonic ms. */
  begin(op: number, startedAt: number): void {
    this.#answered.add(isUpdate(op), startedAt);
    this.#outstanding++;
    this.#core.load.begin();
  }

  /** Whether a request may be so long: large ones have an allowance of their own. */
  admits(bytes: number): boolean {
    const { settings, load, metrics } = this.#core;
    const { largeRequestThreshold: threshold } = settings;
    if (threshold < 0 || bytes <= threshold) return true;
    if (!load.beginLarge(bytes)) {
      metrics.largeRequestsRejected++;
      return false;
    }
    this.#answered.largeBytes += bytes;
    return true;
  }

  /** What the output that is taken now answers. */
  take(): AnsweredRequests {
    const answered = this.#answered;
    if (!answered.isEmpty) this.#answered = new AnsweredRequests();
    return answered;
  }

  /** Notes that the output with these answers goes out now. */
  sent(answered: AnsweredRequests, now: number): void {
    if (answered.isEmpty) return;
    const { metrics, load, stats } = this.#core;
    let count = 0;
    for (const { startedAt, reads, updates } of answered.groups) {
      const latencyMs = now - startedAt;
      if (reads > 0) metrics.readLatency.add(latencyMs, reads);
      if (updates > 0) metrics.updateLatency.add(latencyMs, updates);
      stats.reply(latencyMs, reads + updates);
      this.#stats.replied(latencyMs, now, reads + updates);
      count += reads + updates;
    }
    this.#outstanding -= count;
    load.end(count, answered.largeBytes);
  }
}
