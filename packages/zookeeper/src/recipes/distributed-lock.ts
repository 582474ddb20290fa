import { badArgument } from '../client/arguments.ts';
import { checkCallOptions } from '../client/calls/check-call.ts';
import { untilAnswered } from '../client/compound/until-answered.ts';
import { ZooKeeperError } from '../client/errors.ts';
import { namesOf } from '../client/known-names.ts';
import { checkPath } from '../client/operations/chroot.ts';
import type { SessionState } from '../client/session/session-state.ts';
import type { Watch } from '../client/watches/watch.ts';
import { ZooKeeperClient } from '../client/zookeeper-client.ts';
import { type Acl, baseName, joinPath, parentPath } from '../protocol/index.ts';
import { lockQueue } from './lock-queue.ts';
import { createProtectedNode, deleteSurely, type ProtectedNode } from './protected-node.ts';

/** How a lock is taken. */
export interface DistributedLockOptions {
  /** Gives up waiting; acquire then rejects with the signal's reason and leaves nothing behind. */
  signal?: AbortSignal | undefined;
  /** For the lock's nodes; open to everybody unless told. */
  acl?: readonly Acl[] | undefined;
  /** Shown to people who look at the lock, such as a host name. */
  data?: string | undefined;
}

const OPTIONS = namesOf<DistributedLockOptions>({ signal: true, acl: true, data: true });

/**
 * A mutual exclusion between processes, first come first served, not re-entrant. Each contender has an
 * ephemeral sequential node below the lock's path and watches only the one before it. The nodes are
 * named as Curator's `InterProcessMutex` names them, so both can share a lock.
 *
 * Error handling: a lock cannot stop a process that was stalled while its session expired. So hold
 * against two facts: `signal` aborts with `LOCK_LOST` as soon as the connection is cut, the session
 * ends or the node is deleted (treat it as the end of your right to write), and `fencingToken` grows
 * with every holder, so that a store that remembers the highest one can refuse a late writer.
 *
 * @example
 * await using lock = await DistributedLock.acquire(zk, '/locks/orders', {
 *   signal: AbortSignal.timeout(5000),
 * });
 * await store.write(order, { fencingToken: lock.fencingToken, signal: lock.signal });
 */
export class DistributedLock implements AsyncDisposable {
  /** The lock's own node. */
  readonly path: string;
  /** Transaction that created the node: greater than that of every earlier holder. */
  readonly fencingToken: bigint;
  readonly #zk: ZooKeeperClient;
  #ownWatch: Watch;
  readonly #lost = new AbortController();
  #released: Promise<void> | null = null;

  private constructor(zk: ZooKeeperClient, node: ProtectedNode, ownWatch: Watch) {
    this.#zk = zk;
    this.path = node.path;
    this.fencingToken = node.czxid;
    this.#ownWatch = ownWatch;
    zk.on('state', this.#onState);
    this.#onState(zk.state);
    this.#guard();
  }

  /**
   * Waits until the lock is held. `path` belongs to the lock: nothing else may live below it. It is
   * created as a container, which ZooKeeper removes some time after the last contender.
   *
   * Rejects with the signal's reason, with `BAD_ARGUMENTS` for what is no client, path or options, or with
   * `SESSION_EXPIRED`, `CLOSED`, `NO_AUTH`, …
   */
  static async acquire(
    zk: ZooKeeperClient,
    path: string,
    options: DistributedLockOptions = {},
  ): Promise<DistributedLock> {
    if (!(zk instanceof ZooKeeperClient)) throw badArgument('zk', zk, 'a ZooKeeperClient');
    checkPath(path);
    checkCallOptions(options, OPTIONS);
    const { signal } = options;
    signal?.throwIfAborted();
    for (;;) {
      const entering = enter(zk, path, options);
      let lock: DistributedLock | null = null;
      try {
        const node = await orAborted(entering, signal);
        lock = await DistributedLock.#await(zk, path, node, signal);
        if (lock !== null) return lock;
      } catch (error) {
        // A client that renews its sessions goes on in the next one, at the end of the queue.
        if (!isExpiry(error) || zk.state.kind === 'expired') throw error;
      } finally {
        // Whatever happened, no node of ours may stay behind; not even one that is still being made.
        if (lock === null) entering.then((node) => deleteSurely(zk, node.path)).catch(() => {});
      }
    }
  }

  /** Aborts, with a `LOCK_LOST` error as its reason, when the lock may be held by somebody else. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether the lock is held for all this process can know. */
  get isHeld(): boolean {
    return this.#released === null && !this.#lost.signal.aborted;
  }

  /** Throws `LOCK_LOST` unless the lock is held. */
  assertHeld(): void {
    this.#lost.signal.throwIfAborted();
    if (this.#released !== null) throw lockLost(this.path, 'it was released');
  }

  /** Lets the next contender in. While there is no connection, waits for one or for the session's end. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #release(): Promise<void> {
    this.#zk.off('state', this.#onState);
    this.#ownWatch[Symbol.dispose]();
    await deleteSurely(this.#zk, this.path);
  }

  /** Watches the lock's own node until it is gone: somebody may delete it by hand. */
  async #guard(): Promise<void> {
    try {
      for (;;) {
        const { type } = await this.#ownWatch.event;
        if (type === 'deleted' || type === 'lost') break;
        this.#ownWatch = (await this.#zk.getAndWatch(this.path)).watch;
        if (this.#released !== null) this.#ownWatch[Symbol.dispose]();
      }
      this.#lose('its node was deleted');
    } catch (error) {
      this.#lose(`its node cannot be read: ${String(error)}`);
    }
  }

  readonly #onState = (state: SessionState): void => {
    if (state.kind !== 'connected') this.#lose(`the session is ${state.kind}`);
  };

  #lose(why: string): void {
    if (this.#released === null) this.#lost.abort(lockLost(this.path, why));
  }

  /** The lock once the node is first in the queue, or null when the node is gone. */
  static async #await(
    zk: ZooKeeperClient,
    path: string,
    node: ProtectedNode,
    signal: AbortSignal | undefined,
  ): Promise<DistributedLock | null> {
    const name = baseName(node.path);
    for (;;) {
      const { children } = await untilAnswered(() => zk.children(path, { signal }));
      const queue = lockQueue(children);
      const position = queue.indexOf(name);
      if (position < 0) return null;
      const predecessor = queue[position - 1];
      if (predecessor === undefined) return await DistributedLock.#claim(zk, node, signal);
      await gone(zk, joinPath(path, predecessor), signal);
    }
  }

  /** Being first is not enough: the node must belong to the session that is alive now. */
  static async #claim(
    zk: ZooKeeperClient,
    node: ProtectedNode,
    signal: AbortSignal | undefined,
  ): Promise<DistributedLock | null> {
    try {
      const { stat, watch } = await untilAnswered(() => zk.getAndWatch(node.path, { signal }));
      const isOwn = stat.ephemeralOwner === zk.sessionId && stat.czxid === node.czxid;
      if (isOwn && zk.state.kind === 'connected') return new DistributedLock(zk, node, watch);
      watch[Symbol.dispose]();
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.code !== 'NO_NODE') throw error;
    }
    return null;
  }
}

/** Puts a contender's node into the queue. */
async function enter(
  zk: ZooKeeperClient,
  path: string,
  { acl, data }: DistributedLockOptions,
): Promise<ProtectedNode> {
  for (;;) {
    try {
      return await createProtectedNode(zk, path, 'lock-', data ?? null, acl);
    } catch (error) {
      // The path is missing, or its container went before the node was in it.
      if (!(error instanceof ZooKeeperError) || error.code !== 'NO_NODE') throw error;
    }
    await zk.ensurePath(parentPath(path), { acl });
    await makeContainer(zk, path, acl);
  }
}

async function makeContainer(
  zk: ZooKeeperClient,
  path: string,
  acl: readonly Acl[] | undefined,
): Promise<void> {
  try {
    await untilAnswered(() => zk.create(path, null, { mode: 'container', acl }));
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    if (error.code === 'UNIMPLEMENTED') await zk.ensurePath(path, { acl });
    else if (error.code !== 'NODE_EXISTS' && error.code !== 'NO_NODE') throw error;
  }
}

/** Resolves when the node has changed or is gone. Reads it, as exists would leave a watch on a node that is gone. */
async function gone(
  zk: ZooKeeperClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    using watch = (await untilAnswered(() => zk.getAndWatch(path, { signal }))).watch;
    await orAborted(watch.event, signal);
  } catch (error) {
    if (!(error instanceof ZooKeeperError) || error.code !== 'NO_NODE') throw error;
  }
}

/** The work's result, unless the signal comes first; then its reason. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function isExpiry(error: unknown): boolean {
  return error instanceof ZooKeeperError && error.code === 'SESSION_EXPIRED';
}

function lockLost(path: string, why: string): ZooKeeperError {
  return new ZooKeeperError('LOCK_LOST', `lock ${path} is no longer held: ${why}`, { path });
}
