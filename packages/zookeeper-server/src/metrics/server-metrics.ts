import { Histogram } from './histogram.ts';

/** ZooKeeper's kinds of requests go from -11 to 107. */
const LOWEST_KIND = -16;
const KINDS = 128;

/** What the server has counted since it started; `srst` does not reset it. */
export class ServerMetrics {
  /** From a request's arrival to its answer on the socket, for what changes nothing. */
  readonly readLatency = new Histogram();
  /** The same for what changes something; the disk's time included. */
  readonly updateLatency = new Histogram();
  readonly #requests = new Float64Array(KINDS);
  bytesReceived = 0;
  bytesSent = 0;
  connectionsAccepted = 0;
  /** Connections refused because there were too many. */
  connectionsRejected = 0;
  /** Connections closed because they opened no session in time. */
  sessionlessConnectionsExpired = 0;
  sessionsExpired = 0;
  authFailures = 0;
  /** Four-letter words, frames and packets that could not be. */
  badFrames = 0;
  /** Requests answered THROTTLEDOP. */
  throttledOps = 0;
  /** How often a request had to wait in the throttle's queue. */
  throttleWaits = 0;
  staleRequestsDropped = 0;
  largeRequestsRejected = 0;
  /** How often reading from a client was stopped, because it did not take its answers or too much was under way. */
  readsSuspended = 0;
  /** Clients cut off because they did not read their notifications, or too much of what all had left unread. */
  slowClientsCutOff = 0;
  quotaWarnings = 0;
  /** Bytes of an answer; -1 before the first. */
  readonly responseSize = new ResponseSize();

  /** Counts a request. A client can make up kinds: those far from the known ones are counted as one. */
  request(op: number): void {
    const kind = op - LOWEST_KIND;
    const at = kind >= 0 && kind < KINDS ? kind : KINDS - 1;
    this.#requests[at] = (this.#requests[at] ?? 0) + 1;
  }

  /** Requests by kind, of the kinds that there were. */
  requests(): [op: number, count: number][] {
    return [...this.#requests.entries()]
      .filter(([, count]) => count > 0)
      .map(([at, count]) => [at + LOWEST_KIND, count]);
  }
}

/** Sizes of answers in bytes, -1 before the first (ZooKeeper: `BufferStats`). */
export class ResponseSize {
  last = -1;
  min = -1;
  max = -1;

  add(bytes: number): void {
    this.last = bytes;
    if (this.min === -1 || bytes < this.min) this.min = bytes;
    if (bytes > this.max) this.max = bytes;
  }

  reset(): void {
    this.last = -1;
    this.min = -1;
    this.max = -1;
  }
}
