/** Requests of one connection that were handled and whose answers are on their way. */
export class AnsweredRequests {
  /** When each request that changes nothing came, in monotonic ms. */
  readonly reads: number[] = [];
  /** When each other request came. */
  readonly updates: number[] = [];
  /** Bytes of those that count as large. */
  largeBytes = 0;

  get count(): number {
    return this.reads.length + this.updates.length;
  }
}
