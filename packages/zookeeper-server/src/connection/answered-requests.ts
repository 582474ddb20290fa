/** Requests that came together: each has waited as long as the others. */
interface RequestGroup {
  /** In monotonic ms. */
  readonly startedAt: number;
  /** Those that change nothing. */
  reads: number;
  updates: number;
}

/** Requests of one connection that were handled and whose answers are on their way. */
export class AnsweredRequests {
  readonly #groups: RequestGroup[] = [];
  /** Bytes of those that count as large. */
  largeBytes = 0;

  /** Adds a request that came at `startedAt`, in monotonic ms. */
  add(isUpdate: boolean, startedAt: number): void {
    let group = this.#groups.at(-1);
    if (group?.startedAt !== startedAt) {
      group = { startedAt, reads: 0, updates: 0 };
      this.#groups.push(group);
    }
    if (isUpdate) group.updates++;
    else group.reads++;
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0 && this.largeBytes === 0;
  }

  /** In the order in which they came. */
  get groups(): readonly Readonly<RequestGroup>[] {
    return this.#groups;
  }
}
