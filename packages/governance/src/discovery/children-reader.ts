import type { Stat, Watch, ZooKeeperClient } from '@mpim/zookeeper';
import { isMissing } from '../zookeeper-faults.ts';

/** A node's children as one live read saw them; no stat when the node does not exist. */
export interface ChildrenRead {
  readonly children: readonly string[];
  readonly stat: Stat | null;
  /** The session it was read in. */
  readonly sessionId: bigint;
}

/**
 * Reads a node's children and keeps one watch that tells when they change, or when the node appears or goes.
 * Reading again while the watch is armed costs no second watch.
 */
export class ChildrenReader implements Disposable {
  readonly #zk: ZooKeeperClient;
  readonly #path: string;
  readonly #onChange: () => void;
  #watch: Watch | undefined;
  #disposed = false;

  constructor(zk: ZooKeeperClient, path: string, onChange: () => void) {
    this.#zk = zk;
    this.#path = path;
    this.#onChange = onChange;
  }

  async read(): Promise<ChildrenRead> {
    for (;;) {
      const found = (await this.#existing()) ?? (await this.#absent());
      if (found !== undefined) return found;
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  async #existing(): Promise<ChildrenRead | undefined> {
    const zk = this.#zk;
    try {
      if (this.#watch !== undefined) {
        const { children, stat } = await zk.children(this.#path);
        return { children, stat, sessionId: zk.sessionId };
      }
      const { children, stat, watch } = await zk.childrenAndWatch(this.#path);
      this.#follow(watch);
      return { children, stat, sessionId: zk.sessionId };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** `undefined` when the node appeared in the meantime. */
  async #absent(): Promise<ChildrenRead | undefined> {
    const zk = this.#zk;
    if (this.#watch !== undefined) {
      const stat = await zk.exists(this.#path);
      return stat === null ? { children: [], stat, sessionId: zk.sessionId } : undefined;
    }
    const { stat, watch } = await zk.existsAndWatch(this.#path);
    if (stat !== null) {
      watch[Symbol.dispose]();
      return undefined;
    }
    this.#follow(watch);
    return { children: [], stat, sessionId: zk.sessionId };
  }

  #follow(watch: Watch): void {
    if (this.#disposed) {
      watch[Symbol.dispose]();
      return;
    }
    this.#watch = watch;
    watch.event.then(() => {
      if (this.#watch === watch) this.#watch = undefined;
      if (!this.#disposed) this.#onChange();
    });
  }
}
