import { AddWatchMode, ErrorCode, type PathWatchRequest, type Stat } from '../protocol/index.ts';
import { requireBoolean } from './arguments.ts';
import type { Caller } from './caller.ts';
import type { CallOptions } from './calls/call-options.ts';
import { checkCallOptions, NO_OPTIONS } from './calls/check-call.ts';
import { namesOf } from './known-names.ts';
import { NodeOperations } from './node-operations.ts';
import { CONFIG_PATH, type EnsembleConfig, ensembleConfig } from './operations/ensemble-config.ts';
import type { NodeChildren, NodeData } from './operations/node-data.ts';
import * as operations from './operations/operation.ts';
import type { PersistentWatch } from './watches/persistent-watch.ts';
import { OneShotWatch, type Watch } from './watches/watch.ts';

/** How {@link WatchOperations.watch} watches. */
type WatchOptions = { recursive?: boolean | undefined } & CallOptions;

const WATCH_OPTIONS = namesOf<WatchOptions>({ recursive: true, signal: true, timeoutMs: true });

/** The operations of a client that leave watches. */
export abstract class WatchOperations extends NodeOperations {
  readonly #caller: Caller;

  protected constructor(caller: Caller) {
    super(caller);
    this.#caller = caller;
  }

  /** As {@link get}, with a watch for the next change or deletion. A node that is not there leaves no watch. */
  async getAndWatch(
    path: string,
    options: CallOptions = NO_OPTIONS,
  ): Promise<NodeData & { watch: Watch }> {
    const { watch, result } = await this.#readAndWatch(operations.getData, path, 'data', options);
    return { ...result, watch };
  }

  /** As {@link exists}, with a watch for the next creation, change or deletion. */
  async existsAndWatch(
    path: string,
    options: CallOptions = NO_OPTIONS,
  ): Promise<{ stat: Stat | null; watch: Watch }> {
    const { watch, result } = await this.#readAndWatch(operations.exists, path, 'data', options);
    return { stat: result, watch };
  }

  /** As {@link children}, with a watch for the next child created or deleted, or the node's own deletion. */
  async childrenAndWatch(
    path: string,
    options: CallOptions = NO_OPTIONS,
  ): Promise<NodeChildren & { watch: Watch }> {
    const operation = operations.getChildren2;
    const { watch, result } = await this.#readAndWatch(operation, path, 'child', options);
    return { ...result, watch };
  }

  /**
   * As `config`, with a watch for the next change of the members. The watch's path is
   * `/zookeeper/config`, whatever the chroot.
   */
  async configAndWatch(
    options: CallOptions = NO_OPTIONS,
  ): Promise<EnsembleConfig & { watch: Watch }> {
    const { getData } = operations;
    const read = this.#readAndWatchAt(getData, CONFIG_PATH, CONFIG_PATH, 'data', options);
    const { watch, result } = await read;
    return { ...ensembleConfig(result), watch };
  }

  /**
   * Watches a node, or with `recursive` a node and all below it, until the watch is disposed of. The path need not
   * exist. After a reconnect there is a `gap` event. Servers have it since 3.6.
   *
   * Rejects with `BAD_ARGUMENTS` while this session watches the same path in the other mode.
   *
   * @example
   * await using watch = await zk.watch('/services', { recursive: true });
   * for await (const event of watch) console.log(event);
   */
  async watch(path: string, options: WatchOptions = NO_OPTIONS): Promise<PersistentWatch> {
    checkCallOptions(options, WATCH_OPTIONS);
    const serverPath = this.#caller.paths.toServer(path);
    const { recursive = false } = options;
    requireBoolean('options.recursive', recursive);
    const toClient = (each: string) => this.#caller.paths.toClient(each);
    const watched = { path, serverPath, recursive, toClient };
    const watch = this.#caller.watches.persistent.add(watched);
    const mode = recursive ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
    try {
      const arm = (error: number) => {
        watch.armed = error === ErrorCode.OK;
      };
      await this.#caller.call(operations.addWatch, { path: serverPath, mode }, path, options, arm);
      return watch;
    } catch (error) {
      void watch.close(); // It never rejects; who has given up does not wait for it.
      throw error;
    }
  }

  async #readAndWatch<R>(
    operation: operations.Operation<PathWatchRequest, R>,
    path: string,
    kind: 'data' | 'child',
    options: CallOptions,
  ): Promise<{ result: R; watch: Watch }> {
    return this.#readAndWatchAt(operation, path, this.#caller.paths.toServer(path), kind, options);
  }

  async #readAndWatchAt<R>(
    operation: operations.Operation<PathWatchRequest, R>,
    path: string,
    serverPath: string,
    kind: 'data' | 'child',
    options: CallOptions,
  ): Promise<{ result: R; watch: Watch }> {
    checkCallOptions(options);
    const request = { path: serverPath, watch: true };
    const watch = new OneShotWatch(path, serverPath);
    const isExists = operation.type === operations.exists.type;
    const { oneShot } = this.#caller.watches;
    const call = this.#caller.call(operation, request, path, options, (error) => {
      if (error === ErrorCode.OK) oneShot.arm(watch, kind);
      else if (isExists && error === ErrorCode.NONODE) oneShot.arm(watch, 'exist');
    });
    this.#caller.watches.keepPersistent(watch);
    const result = await oneShot.expecting(serverPath, kind, call);
    return { result, watch };
  }
}
