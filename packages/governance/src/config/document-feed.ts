import type { Stat, Watch, ZooKeeperClient } from '@mpim/zookeeper';
import { type GovernanceLogger, silentLogger } from '../log.ts';
import { Reconciler } from '../reconciler.ts';
import { configPath } from '../tree.ts';
import { isMissing } from '../zookeeper-faults.ts';
import { type ConfigDocument, toDocument } from './document.ts';

/** How a {@link DocumentFeed} reads. */
export interface DocumentFeedOptions {
  /** Read again after this long even if no watch fired, ms. Default 60,000. */
  rereadIntervalMs?: number;
  logger?: GovernanceLogger;
}

/** The newest state of one document, handed over one at a time. */
export class DocumentFeed implements Disposable {
  readonly #zk: ZooKeeperClient;
  readonly #service: string;
  readonly #path: string;
  readonly #logger: GovernanceLogger;
  readonly #reconciler: Reconciler;
  #watch: Watch | undefined;
  /** Identity of the state that was read last: a deleted and re-created node has another czxid. */
  #seen: string | undefined;
  #pending: { readonly document: ConfigDocument | null } | undefined;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(zk: ZooKeeperClient, service: string, options: DocumentFeedOptions) {
    this.#zk = zk;
    this.#service = service;
    this.#path = configPath(service);
    this.#logger = options.logger ?? silentLogger;
    this.#reconciler = new Reconciler({
      run: () => this.#read(),
      onError: (error) =>
        this.#logger.warn({ err: error, path: this.#path }, 'a configuration could not be read'),
      intervalMs: options.rereadIntervalMs ?? 60_000,
    });
    this.#reconciler.poke();
  }

  /** Waits for a state that was not handed over yet; `undefined` when ended. */
  async next(): Promise<{ readonly document: ConfigDocument | null } | undefined> {
    while (!this.#ended && this.#pending === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const next = this.#ended ? undefined : this.#pending;
    this.#pending = undefined;
    return next;
  }

  end(): void {
    this.#ended = true;
    this.#watch?.[Symbol.dispose]();
    void this.#reconciler.close();
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  async #read(): Promise<void> {
    const { stat, data } = await this.#current();
    const seen = stat === null ? 'none' : `${stat.czxid}:${stat.version}`;
    if (this.#ended || seen === this.#seen) return;
    this.#seen = seen;
    try {
      const document = stat === null ? null : toDocument(this.#service, data, stat);
      this.#pending = { document };
      this.#wake?.();
    } catch (error) {
      this.#logger.warn({ err: error, path: this.#path }, 'a configuration is not valid');
    }
  }

  async #current(): Promise<{ stat: Stat | null; data: Buffer | null }> {
    for (;;) {
      if (this.#watch === undefined) {
        const { stat, watch } = await this.#zk.existsAndWatch(this.#path);
        this.#follow(watch);
        if (stat === null) return { stat, data: null };
      }
      try {
        return await this.#zk.get(this.#path);
      } catch (error) {
        if (!isMissing(error)) throw error;
        // Gone since: the watch has fired or is about to. A watch for its return is kept armed.
        if (this.#watch !== undefined) return { stat: null, data: null };
      }
    }
  }

  #follow(watch: Watch): void {
    if (this.#ended) {
      watch[Symbol.dispose]();
      return;
    }
    this.#watch = watch;
    watch.event.then(() => {
      if (this.#watch === watch) this.#watch = undefined;
      this.#reconciler.poke();
    });
  }
}
