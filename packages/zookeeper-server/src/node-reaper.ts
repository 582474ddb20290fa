import { SUPER_IDENTITY } from './acl/identity.ts';
import type { Clock } from './clock.ts';
import { prepareDelete } from './prepare/prepare-delete.ts';
import { RequestError } from './request-error.ts';
import type { DataTree } from './tree/data-tree.ts';
import { ttlOf } from './tree/owner.ts';
import type { Pipeline } from './txn/pipeline.ts';

const CHECK_INTERVAL_MS = 60_000;
const MAX_NEVER_USED_MS = 300_000;
const MAX_PER_CHECK = 10_000;
const NO_SESSION = 0n;
const ANY_VERSION = -1;

/**
 * Deletes what goes by itself: containers that have lost their last child, or had none for five
 * minutes, and nodes past their time to live (ZooKeeper: `ContainerManager`).
 */
export class NodeReaper {
  readonly #tree: DataTree;
  readonly #pipeline: Pipeline;
  readonly #clock: Clock;
  #nextCheck: number;

  constructor(tree: DataTree, pipeline: Pipeline, clock: Clock) {
    this.#tree = tree;
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#nextCheck = clock.monotonic() + CHECK_INTERVAL_MS;
  }

  /** Deletes what is due, once a minute however often it is called; `now` is monotonic ms. */
  run(now: number): void {
    if (now < this.#nextCheck) return;
    this.#nextCheck = now + CHECK_INTERVAL_MS;
    for (const path of this.#candidates().slice(0, MAX_PER_CHECK)) this.#delete(path);
  }

  #candidates(): string[] {
    const { containers, ttls } = this.#tree.index;
    const time = this.#clock.now();
    const abandoned = [...containers].filter((path) => this.#isAbandoned(path, time));
    return [...abandoned, ...[...ttls].filter((path) => this.#isPastTtl(path, time))];
  }

  #isAbandoned(path: string, time: number): boolean {
    const node = this.#tree.get(path);
    if (node === undefined || node.childCount > 0) return false;
    return node.cversion > 0 || time - node.ctime >= MAX_NEVER_USED_MS;
  }

  #isPastTtl(path: string, time: number): boolean {
    const node = this.#tree.get(path);
    if (node === undefined || node.childCount > 0) return false;
    return time - node.mtime > ttlOf(node.ephemeralOwner);
  }

  #delete(path: string): void {
    const context = {
      tree: this.#tree,
      sessionId: NO_SESSION,
      identities: [SUPER_IDENTITY],
      extendedTypes: true,
    };
    try {
      const txn = prepareDelete(context, { path, version: ANY_VERSION });
      this.#pipeline.submit(txn, NO_SESSION);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    }
  }
}
