import type { LimitSettings } from '../options/limits.ts';
import { type Waiting, WaitingLine } from './waiting-line.ts';

/**
 * How much is under way, of all connections together. Above `maxOutstandingRequests` nothing more is read from a client
 * that has its share in it, so that TCP slows it down (ZooKeeper: `ZooKeeperServer.shouldThrottle`).
 */
export class ServerLoad {
  readonly #limits: LimitSettings;
  readonly #line = new WaitingLine();
  #outstanding = 0;
  #largeBytes = 0;

  constructor(limits: LimitSettings) {
    this.#limits = limits;
  }

  /** Requests that were handled and whose answers are not out yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Whether clients that have requests under way are to wait. */
  get isHigh(): boolean {
    return this.#outstanding > this.#limits.maxOutstandingRequests;
  }

  /** Counts a request that is being handled. */
  begin(): void {
    this.#outstanding++;
  }

  /** Takes a large request into account; false if there is no room for it. */
  beginLarge(bytes: number): boolean {
    if (this.#largeBytes + bytes > this.#limits.largeRequestMaxBytes) return false;
    this.#largeBytes += bytes;
    return true;
  }

  /** Notes that answers have gone out. */
  end(requests: number, largeBytes: number): void {
    this.#outstanding -= requests;
    this.#largeBytes -= largeBytes;
  }

  /** Has `waiting` go on once less is under way. */
  wait(waiting: Waiting): void {
    this.#line.add(waiting);
  }

  forget(waiting: Waiting): void {
    this.#line.remove(waiting);
  }

  /** Lets those who wait go on, if they may. */
  relieve(): void {
    if (!this.isHigh) this.#line.release();
  }
}
