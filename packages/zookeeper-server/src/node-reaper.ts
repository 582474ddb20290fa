import { SUPER_IDENTITY } from './acl/identity.ts';
import type { Clock } from './clock.ts';
import type { ReaperSettings } from './options/reaper.ts';
import { prepareDelete } from './prepare/prepare-delete.ts';
import { RequestError } from './request-error.ts';
import type { DataNode } from './tree/data-node.ts';
import type { DataTree } from './tree/data-tree.ts';
import { ttlOf } from './tree/owner.ts';
import type { Pipeline } from './txn/pipeline.ts';

const MINUTE_MS = 60_000;
const NO_SESSION = 0n;
const ANY_VERSION = -1;

/**
 * Deletes what goes by itself: containers that have lost their last child, or never had one for too
 * long, and nodes past their time to live (ZooKeeper: `ContainerManager`).
 */
export class NodeReaper {
  readonly #tree: DataTree;
  readonly #pipeline: Pipeline;
  readonly #clock: Clock;
  readonly #settings: ReaperSettings;
  #nextCheck: number;

  constructor(
    tree: DataTree,
    pipeline: Pipeline,
    { clock, ...settings }: ReaperSettings & { clock: Clock },
  ) {
    this.#tree = tree;
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#settings = settings;
    this.#nextCheck = clock.monotonic() + settings.containerCheckIntervalMs;
  }

  /** Deletes what is due, once an interval however often it is called; `now` is monotonic ms. */
  run(now: number): void {
    if (now < this.#nextCheck) return;
    const { containerCheckIntervalMs, containerMaxPerMinute } = this.#settings;
    this.#nextCheck = now + containerCheckIntervalMs;
    const share = Math.min(containerCheckIntervalMs, MINUTE_MS) / MINUTE_MS;
    const limit = Math.max(1, Math.floor(containerMaxPerMinute * share));
    for (const path of this.#due(limit)) this.#delete(path);
  }

  #due(limit: number): string[] {
    const { containers, ttls } = this.#tree.index;
    const time = this.#clock.now();
    const due: string[] = [];
    for (const [path, node] of containers) {
      if (due.length === limit) return due;
      if (this.#isAbandoned(node, time)) due.push(path);
    }
    for (const [path, node] of ttls) {
      if (due.length === limit) return due;
      if (isPastTtl(node, time)) due.push(path);
    }
    return due;
  }

  #isAbandoned(node: DataNode, time: number): boolean {
    if (node.childCount > 0) return false;
    if (node.cversion > 0) return true;
    const { containerMaxNeverUsedMs: limit } = this.#settings;
    return limit > 0 && time - node.mtime > limit;
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

function isPastTtl(node: DataNode, time: number): boolean {
  return node.childCount === 0 && time - node.mtime > ttlOf(node.ephemeralOwner);
}
