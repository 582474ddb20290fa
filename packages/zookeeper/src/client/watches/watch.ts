/** What a one-shot watch reports, once. */
export type WatchEvent =
  | {
      /** `changed` is about the data, `children` about the list of children. */
      readonly type: 'created' | 'deleted' | 'changed' | 'children';
      readonly path: string;
    }
  | {
      /** Nothing more will be heard: read the node again in the next session. */
      readonly type: 'lost';
      readonly path: string;
      readonly reason: 'session-expired' | 'closed';
    };

/**
 * A one-shot watch. It survives reconnects: a change that happened meanwhile is reported then.
 *
 * @example
 * using watch = (await zk.getAndWatch('/config')).watch;
 * const event = await watch.event;
 */
export interface Watch extends Disposable {
  /** As the caller named it. */
  readonly path: string;
  /** Resolves with the event; with `lost`, `closed` when the watch was disposed of before. Never rejects. */
  readonly event: Promise<WatchEvent>;
}

/**
 * What a watch waits for: `data` for changes of a node that is there, `exist` for one that is not yet,
 * `child` for its list of children. As ZooKeeper's client keeps them, so that they can be armed anew.
 */
export type WatchKind = 'data' | 'exist' | 'child';

/** The client's side of a {@link Watch}; the registry that armed it settles it. */
export class OneShotWatch implements Watch {
  readonly path: string;
  /** The path as the server knows it. */
  readonly serverPath: string;
  readonly event: Promise<WatchEvent>;
  /** Whether a change was reported. */
  fired = false;
  readonly #resolve: (event: WatchEvent) => void;
  /** Takes the watch out of the registry that it was armed in. */
  #disarm: (() => void) | null = null;

  constructor(path: string, serverPath: string) {
    this.path = path;
    this.serverPath = serverPath;
    const { promise, resolve } = Promise.withResolvers<WatchEvent>();
    this.event = promise;
    this.#resolve = resolve;
  }

  /** Tells how to withdraw it. */
  armed(disarm: () => void): void {
    this.#disarm = disarm;
  }

  /** Reports the event; only the first counts. */
  settle(event: WatchEvent): void {
    this.#disarm = null;
    this.fired = event.type !== 'lost';
    this.#resolve(event);
  }

  [Symbol.dispose](): void {
    this.#disarm?.();
    this.settle({ type: 'lost', path: this.path, reason: 'closed' });
  }
}
