/** Counts packets and latencies, of one connection or of the server. */
export class TrafficStats {
  received = 0;
  sent = 0;
  minLatencyMs = 0;
  maxLatencyMs = 0;
  #totalLatencyMs = 0;
  #replies = 0;

  /** Notes replies that were ready `latencyMs` after their requests had come. */
  reply(latencyMs: number, count: number): void {
    this.sent += count;
    this.#totalLatencyMs += latencyMs * count;
    if (this.#replies === 0 || latencyMs < this.minLatencyMs) this.minLatencyMs = latencyMs;
    if (latencyMs > this.maxLatencyMs) this.maxLatencyMs = latencyMs;
    this.#replies += count;
  }

  /** Mean latency in ms; 0 before the first reply. */
  get averageLatencyMs(): number {
    return this.#replies === 0 ? 0 : this.#totalLatencyMs / this.#replies;
  }

  /** Starts counting anew. */
  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.minLatencyMs = 0;
    this.maxLatencyMs = 0;
    this.#totalLatencyMs = 0;
    this.#replies = 0;
  }
}
