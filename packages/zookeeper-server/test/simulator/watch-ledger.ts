import type { Watch } from '@mpim/zookeeper';

interface Armed {
  readonly path: string;
  readonly armedAt: number;
  /** What its read has shown: a transaction that no other state of the node has. */
  readonly state: string;
  ended: boolean;
}

/** More than any way through promises has steps. */
const MICROTASKS = 20;

/**
 * The watches of one client, and what ZooKeeper promises of them: none is forgotten, and whoever waits for a change
 * hears of it before he sees it.
 */
export class WatchLedger {
  readonly violations: string[] = [];
  readonly #name: string;
  readonly #now: () => number;
  #armed = new Set<Armed>();
  events = 0;

  constructor(name: string, now: () => number) {
    this.#name = name;
    this.#now = now;
  }

  /** Watches that wait for an event. */
  get waiting(): readonly string[] {
    return [...this.#armed].map(
      ({ path, armedAt }) => `${this.#name}: ${path} since ${armedAt} ms`,
    );
  }

  /** A read has left a watch; `state` names what it showed. */
  armed(path: string, state: string, watch: Watch): void {
    const armed: Armed = { path, state, armedAt: this.#now(), ended: false };
    this.#armed.add(armed);
    watch.event.then(({ type }) => {
      if (type !== 'lost') this.events++;
      armed.ended = true;
      this.#armed.delete(armed);
    });
  }

  /** A later read of the same client has shown this. */
  async seen(path: string, state: string): Promise<void> {
    const at = this.#now();
    const stale = [...this.#armed].filter((each) => each.path === path && each.state !== state);
    // The event came before the answer, but takes another way through the promises.
    for (let i = 0; i < MICROTASKS; i++) await null;
    for (const armed of stale) {
      if (armed.ended) continue;
      this.violations.push(
        `${this.#name} saw ${path} as ${state} at ${at} ms, but the watch left at ${armed.armedAt} ms on ${armed.state} had told nothing`,
      );
      this.#armed.delete(armed);
    }
  }
}
