import type { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperError } from '@mpim/zookeeper';
import type { VirtualTime } from './virtual-time.ts';

type ChangeType = 'created' | 'changed' | 'deleted' | 'children';

/** What the events have told of a node. */
interface Told {
  readonly exists: boolean;
  /** Where that stands among all comings and goings. */
  readonly move: number;
  /** How often its data were changed since it was made. */
  changes: number;
}

const RETRY_MS = 100;

/**
 * What one client hears of the whole tree by a recursive watch, and what must follow from it: between two gaps no
 * event is missing, so a read never shows what the events before it have not told.
 *
 * After a gap there come first the events by which a server makes up for what one-shot watches have missed, and
 * nobody can tell them from others. So a gap lasts until the server has answered what was sent behind them.
 */
export class ChangeLedger {
  readonly violations: string[] = [];
  events = 0;
  readonly #name: string;
  readonly #time: VirtualTime;
  /** Nodes of which everything is known since they were made. */
  readonly #told = new Map<string, Told>();
  /** How many gaps there have been, and whether the last one is over. */
  #gaps = 0;
  #isComplete = false;
  /** How often a node has come or gone. */
  #moves = 0;

  constructor(name: string, time: VirtualTime) {
    this.#name = name;
    this.#time = time;
  }

  /** Listens until the client is closed, in one session after the other. */
  async follow(zk: ZooKeeperClient): Promise<void> {
    while (zk.state.kind !== 'closed') {
      try {
        const watch = await zk.watch('/', { recursive: true });
        void this.#gap(zk);
        for await (const event of watch) {
          if (event.type === 'gap' || event.type === 'lost') void this.#gap(zk);
          else if (this.#isComplete) this.#heard(event.type, event.path);
        }
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        if (error.code === 'CLOSED') return;
        await this.#time.sleep(RETRY_MS);
      }
    }
  }

  /** To be taken before a read is called, for {@link seen}. */
  mark(): { readonly moves: number; readonly gaps: number } {
    return { moves: this.#moves, gaps: this.#gaps };
  }

  /** A read has shown this. Nothing is said if the node came or went since the mark: who knows in which order. */
  async seen(
    path: string,
    stat: { readonly version: number } | null,
    mark: { readonly moves: number; readonly gaps: number },
  ): Promise<void> {
    const at = this.#time.now;
    await taken();
    const told = this.#told.get(path);
    if (told === undefined || told.move > mark.moves || this.#gaps !== mark.gaps) return;
    const isTold = told.exists ? stat !== null && stat.version <= told.changes : stat === null;
    if (isTold) return;
    const shown = stat === null ? 'absent' : `version ${stat.version}`;
    const known = told.exists ? `${told.changes} changes` : 'its end';
    this.violations.push(
      `${this.#name} saw ${path} ${shown} at ${at} ms, but had heard of ${known}`,
    );
  }

  #heard(type: ChangeType, path: string): void {
    this.events++;
    const told = this.#told.get(path);
    if (type === 'changed') {
      if (told?.exists === false) this.#contradiction(type, path);
      if (told !== undefined) told.changes++;
      return;
    }
    const exists = type === 'created';
    if (told?.exists === exists) this.#contradiction(type, path);
    this.#told.set(path, { exists, changes: 0, move: ++this.#moves });
  }

  #contradiction(type: ChangeType, path: string): void {
    this.violations.push(
      `${this.#name} heard at ${this.#time.now} ms that ${path} was ${type}, which does not go with the event before`,
    );
  }

  /** Forgets everything until the server has answered, or for good if there is no answer. */
  async #gap(zk: ZooKeeperClient): Promise<void> {
    const gap = ++this.#gaps;
    this.#isComplete = false;
    this.#told.clear();
    await zk.sync('/').catch(() => {});
    await taken();
    if (gap === this.#gaps && zk.state.kind === 'connected') this.#isComplete = true;
  }
}

/** Resolves once the events that came before have been taken; some that came after may have been, too. */
function taken(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
