import { ZooKeeperError } from '../errors.ts';
import { Fifo } from '../fifo.ts';

/** What a persistent watch reports. */
export type PersistentWatchEvent =
  | {
      /** `children` is about the list of children and never comes from a recursive watch. */
      readonly type: 'created' | 'deleted' | 'changed' | 'children';
      readonly path: string;
    }
  | {
      /**
       * Events may have been missed: the connection was cut meanwhile (servers do not repeat what a persistent
       * watch has missed), or more came than were taken. Read again what you keep of the tree.
       */
      readonly type: 'gap';
      readonly path: string;
    }
  | {
      /** The last one: nothing more will be heard. */
      readonly type: 'lost';
      readonly path: string;
      readonly reason: 'session-expired' | 'closed';
    };

/**
 * A watch that stays. Iterating gives its events in order until it is disposed of or lost; events wait until they
 * are taken. One loop at a time: another one rejects with `BAD_ARGUMENTS` while the first waits.
 *
 * @example
 * await using watch = await zk.watch('/config', { recursive: true });
 * for await (const event of watch) console.log(event.type, event.path);
 */
export interface PersistentWatch extends AsyncDisposable, AsyncIterable<PersistentWatchEvent> {
  /** As the caller named it. */
  readonly path: string;
  /** Whether it is about all nodes below the path, too. */
  readonly recursive: boolean;
  /** Ends the watch, the loop over it included, and takes it back from the server. Never rejects. */
  close(): Promise<void>;
}

/** Events kept for a loop that is busy; more become one `gap`. */
const MAX_WAITING_EVENTS = 10_000;

/** What a watch needs of its surroundings. */
export interface WatchedPath {
  /** As the caller names it. */
  readonly path: string;
  readonly serverPath: string;
  readonly recursive: boolean;
  /** The caller's name for a server path. */
  toClient(serverPath: string): string;
}

/** The client's side of a {@link PersistentWatch}; the registry that holds it feeds it. */
export class EventQueueWatch implements PersistentWatch {
  readonly path: string;
  readonly serverPath: string;
  readonly recursive: boolean;
  /** Whether a server has it, or is to get it on the next connection. */
  armed = false;
  readonly #toClient: (serverPath: string) => string;
  readonly #release: (watch: EventQueueWatch) => Promise<void>;
  readonly #waiting = new Fifo<PersistentWatchEvent>();
  #endsWithGap = false;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(watched: WatchedPath, release: (watch: EventQueueWatch) => Promise<void>) {
    this.path = watched.path;
    this.serverPath = watched.serverPath;
    this.recursive = watched.recursive;
    this.#toClient = (serverPath) => watched.toClient(serverPath);
    this.#release = release;
  }

  /** Takes an event of the node at a server path. */
  report(type: 'created' | 'deleted' | 'changed' | 'children', serverPath: string): void {
    if (this.#waiting.length >= MAX_WAITING_EVENTS) {
      this.#waiting.takeAll();
      this.reportGap();
    } else {
      this.#push({ type, path: this.#toClient(serverPath) });
    }
  }

  /** Events may have been missed. */
  reportGap(): void {
    // What is read from now on shows what an earlier, untaken gap was about, too.
    if (!this.#endsWithGap || this.#waiting.length === 0) {
      this.#push({ type: 'gap', path: this.path });
    }
  }

  /** The session is gone, or its client closed. */
  lose(reason: 'session-expired' | 'closed'): void {
    this.#push({ type: 'lost', path: this.path, reason });
    this.#end();
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#waiting.takeAll();
    this.#end();
    await this.#release(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PersistentWatchEvent, void, void> {
    for (;;) {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift())
        yield event;
      if (this.#ended) return;
      if (this.#wake !== null) throw this.#taken();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  #push(event: PersistentWatchEvent): void {
    if (this.#ended) return;
    this.#waiting.push(event);
    this.#endsWithGap = event.type === 'gap';
    this.#wake?.();
  }

  /** Each event goes to one loop: two would miss some each. */
  #taken(): ZooKeeperError {
    const message = `watch ${this.path}: another loop waits for its events; end that, or make a watch for each`;
    return new ZooKeeperError('BAD_ARGUMENTS', message, { path: this.path });
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}
