/** Whoever waits until there is less to do. */
export interface Waiting {
  proceed(): void;
}

/** Those who wait for the same thing, each once. */
export class WaitingLine {
  readonly #waiting = new Set<Waiting>();

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /** Lets all go on; who cannot comes back by {@link add}. */
  release(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const each of waiting) each.proceed();
  }
}
