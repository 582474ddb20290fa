import { EventEmitter } from 'node:events';
import type { Acl, PathWatchRequest, Stat } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import type { CallOptions, VersionedOptions } from './calls/call-options.ts';
import {
  checkCallOptions,
  expectedVersion,
  NO_OPTIONS,
  VERSIONED_OPTIONS,
} from './calls/check-call.ts';
import type { ZooKeeperClientEvents } from './client-events.ts';
import { deleteRecursive } from './compound/delete-recursive.ts';
import { namesOf } from './known-names.ts';
import { checkAcl } from './operations/check-acl.ts';
import { type CreateSettings, createRequest } from './operations/create-request.ts';
import {
  type MultiOperation,
  type MultiResults,
  multiRequest,
  multiResults,
} from './operations/multi.ts';
import type { NodeChildren, NodeData } from './operations/node-data.ts';
import * as operations from './operations/operation.ts';
import { toBuffer } from './operations/to-buffer.ts';

const CREATE_OPTIONS = namesOf<CreateSettings & CallOptions>({
  mode: true,
  acl: true,
  ttlMs: true,
  signal: true,
  timeoutMs: true,
});

/** The operations of a client on nodes. */
export abstract class NodeOperations extends EventEmitter<ZooKeeperClientEvents> {
  readonly #caller: Caller;

  protected constructor(caller: Caller) {
    super();
    this.#caller = caller;
  }

  /** The path that all paths are below; empty for none. */
  get chroot(): string {
    return this.#caller.paths.prefix;
  }

  /** Creates a node; a sequential one answers with its full path. `NODE_EXISTS`, `NO_NODE` (parent), … */
  create(
    path: string,
    data: Uint8Array | string | null = null,
    options: CreateSettings & CallOptions = NO_OPTIONS,
  ): Promise<{ path: string; stat: Stat }> {
    try {
      checkCallOptions(options, CREATE_OPTIONS);
      const { mode, request, ttlMs } = createRequest(this.#caller.paths, path, data, options);
      const { createTtl, createContainer, create2 } = operations;
      const withoutTtl = mode === 'container' ? createContainer : create2;
      const created =
        ttlMs === undefined
          ? this.#caller.call(withoutTtl, request, path, options)
          : this.#caller.call(createTtl, { ...request, ttlMs }, path, options);
      if (this.chroot === '') return created;
      return created.then((node) => ({
        path: this.#caller.paths.toClient(node.path),
        stat: node.stat,
      }));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Data and Stat. `NO_NODE`. */
  get(path: string, options: CallOptions = NO_OPTIONS): Promise<NodeData> {
    return this.#read(operations.getData, path, options);
  }

  /** Stat, or null for a node that is not there. */
  exists(path: string, options: CallOptions = NO_OPTIONS): Promise<Stat | null> {
    return this.#read(operations.exists, path, options);
  }

  /** Replaces the data. `NO_NODE`, `BAD_VERSION`. */
  set(
    path: string,
    data: Uint8Array | string | null,
    options: VersionedOptions = NO_OPTIONS,
  ): Promise<Stat> {
    try {
      checkCallOptions(options, VERSIONED_OPTIONS);
      const serverPath = this.#caller.paths.toServer(path);
      const request = {
        path: serverPath,
        data: toBuffer(data, path),
        version: expectedVersion(options, path),
      };
      return this.#caller.call(operations.setData, request, path, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Names of the children, in no order, and Stat. `NO_NODE`. */
  children(path: string, options: CallOptions = NO_OPTIONS): Promise<NodeChildren> {
    return this.#read(operations.getChildren2, path, options);
  }

  /** Deletes one node. `NO_NODE`, `BAD_VERSION`, `NOT_EMPTY`. */
  async delete(path: string, options: VersionedOptions = NO_OPTIONS): Promise<void> {
    checkCallOptions(options, VERSIONED_OPTIONS);
    const serverPath = this.#caller.paths.toServer(path);
    const request = { path: serverPath, version: expectedVersion(options, path) };
    await this.#caller.call(operations.deleteNode, request, path, options);
  }

  /**
   * Applies all operations or none; each has a result of its own kind, in their order. A failure rejects with the
   * code of the operation that failed, `failedIndex` and `results`: what became of each.
   *
   * @example
   * const [, config] = await zk.multi([
   *   { type: 'check', path: '/leader', version: 3 },
   *   { type: 'set', path: '/config', data: '{}' },
   * ]);
   * console.log(config.stat.version);
   */
  async multi<const O extends readonly MultiOperation[]>(
    parts: O,
    options: CallOptions = NO_OPTIONS,
  ): Promise<MultiResults<O>> {
    checkCallOptions(options);
    const request = multiRequest(this.#caller.paths, parts);
    const response = await this.#caller.call(operations.multi, request, '', options);
    return multiResults(this.#caller.paths, parts, response);
  }

  /** Brings the server up to date with its leader: a read after it sees all that was written before it. */
  async sync(path: string, options: CallOptions = NO_OPTIONS): Promise<void> {
    checkCallOptions(options);
    const request = { path: this.#caller.paths.toServer(path) };
    await this.#caller.call(operations.sync, request, path, options);
  }

  /** ACL and Stat. `NO_NODE`, `NO_AUTH`. */
  async getAcl(
    path: string,
    options: CallOptions = NO_OPTIONS,
  ): Promise<{ acl: Acl[]; stat: Stat }> {
    checkCallOptions(options);
    const request = { path: this.#caller.paths.toServer(path) };
    const { acl, stat } = await this.#caller.call(operations.getAcl, request, path, options);
    return { acl: [...acl], stat };
  }

  /** Replaces the ACL; `version` is the expected aversion. `NO_NODE`, `NO_AUTH`, `INVALID_ACL`, `BAD_VERSION`. */
  async setAcl(
    path: string,
    acl: readonly Acl[],
    options: VersionedOptions = NO_OPTIONS,
  ): Promise<Stat> {
    checkCallOptions(options, VERSIONED_OPTIONS);
    const serverPath = this.#caller.paths.toServer(path);
    checkAcl(acl, path);
    const request = { path: serverPath, acl, version: expectedVersion(options, path) };
    return this.#caller.call(operations.setAcl, request, path, options);
  }

  /**
   * Deletes a node and all below it; content if it is not there. Not one transaction: it goes on for as long as others add
   * nodes, however long. `signal` ends all of it, `timeoutMs` is for each of its calls.
   */
  async deleteRecursive(path: string, options: CallOptions = NO_OPTIONS): Promise<void> {
    checkCallOptions(options);
    await deleteRecursive(this, path, options);
  }

  /** Not async, as little as it would look: another promise and its turn for every call (bench zookeeper-client). */
  #read<R>(
    operation: operations.Operation<PathWatchRequest, R>,
    path: string,
    options: CallOptions,
  ): Promise<R> {
    try {
      checkCallOptions(options);
      const request = { path: this.#caller.paths.toServer(path), watch: false };
      return this.#caller.call(operation, request, path, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
