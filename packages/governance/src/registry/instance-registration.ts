import type { Clock, Random } from '@mpim/mprpc';
import type { Acl, MultiOperation, SessionState, Watch, ZooKeeperClient } from '@mpim/zookeeper';
import { formatAddress } from '../address.ts';
import { GovernanceError } from '../errors.ts';
import type { InstanceRecord } from '../instance-record.ts';
import type { GovernanceLogger } from '../log.ts';
import { Reconciler } from '../reconciler.ts';
import { instancePath, seedMethodPath, seedServicePath, servicePath } from '../tree.ts';
import { within } from '../within.ts';
import { hasCode, isHopeless, isMissing } from '../zookeeper-faults.ts';
import type { Registration, RegistrationState } from './registration.ts';
import {
  type FoundNode,
  isInPlace,
  isOurs,
  judgeNode,
  operationsFor,
  type WantedNode,
} from './registration-plan.ts';

/** What a registration is made of. */
export interface InstanceRegistrationParts {
  readonly zk: ZooKeeperClient;
  readonly record: InstanceRecord;
  /** The record as it is written. */
  readonly bytes: Buffer;
  readonly acl: readonly Acl[] | undefined;
  readonly selfCheckIntervalMs: number;
  readonly deregisterTimeoutMs: number;
  readonly logger: GovernanceLogger;
  readonly clock: Clock | undefined;
  readonly random: Random | undefined;
  onClose(): void;
}

// Two processes that were given the same instance id take the node from each other: not faster than this.
const MIN_GAP_MS = 200;
const MAX_PASSES = 10;

/**
 * The registration of one record, level-triggered: every run reads the instance's nodes (and leaves a watch on
 * each), mends what differs in one multi, and reads again until nothing differs.
 */
export class InstanceRegistration implements Registration {
  readonly record: InstanceRecord;
  readonly #parts: InstanceRegistrationParts;
  readonly #wanted: readonly WantedNode[];
  readonly #watches = new Map<string, Watch>();
  /** Nodes last seen in place, with their czxid. */
  readonly #held = new Map<string, bigint>();
  readonly #reconciler: Reconciler;
  readonly #first = Promise.withResolvers<void>();
  #state: RegistrationState = 'registering';
  /** The session that the nodes were last seen in place for. */
  #registeredIn: bigint | undefined;
  #ending: Promise<void> | undefined;

  constructor(parts: InstanceRegistrationParts) {
    this.#parts = parts;
    this.record = parts.record;
    this.#wanted = wantedNodes(parts.record, parts.bytes);
    this.#reconciler = new Reconciler({
      run: () => this.#reconcile(),
      onError: (error, retryMs) => this.#failed(error, retryMs),
      intervalMs: parts.selfCheckIntervalMs,
      minGapMs: MIN_GAP_MS,
      clock: parts.clock,
      random: parts.random,
    });
    // Whoever called `start` hears of a failure; nobody else has to.
    this.#first.promise.catch(() => {});
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Begins; resolves when the nodes are in place for the first time. */
  start(): Promise<void> {
    this.#reconciler.poke();
    return this.#first.promise;
  }

  /** Ends the wait of {@link start}. */
  fail(reason: unknown): void {
    this.#first.reject(reason);
  }

  /** The client's connection changed. */
  connectionChanged(state: SessionState): void {
    if (state.kind === 'connected') {
      // In the same session the nodes are where they were, and the re-armed watches tell if they are not.
      if (this.#state === 'suspended' && this.#registeredIn === this.#parts.zk.sessionId) {
        this.#state = 'registered';
      }
    } else if (this.#state === 'registered') {
      this.#state = 'suspended';
    }
  }

  /** The client has a new session: nothing of the old one can be trusted to stay. */
  sessionStarted(): void {
    if (this.#state === 'closed' || this.#registeredIn === this.#parts.zk.sessionId) return;
    this.#state = 'registering';
    this.#reconciler.poke();
  }

  deregister(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.deregister();
  }

  async #reconcile(): Promise<void> {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const { operations, sessionId } = await this.#inspect();
      if (this.#state === 'closed') return;
      if (operations.length === 0) {
        this.#inPlace(sessionId);
        return;
      }
      await this.#ensureParents();
      if (this.#isClosed()) return;
      try {
        await this.#parts.zk.multi(operations);
      } catch (error) {
        // Somebody else changed one of the nodes since they were read: read again.
        if (!hasCode(error, 'NODE_EXISTS', 'NO_NODE', 'BAD_VERSION')) throw error;
      }
    }
    throw new GovernanceError(
      'CONTENDED',
      `the nodes of ${this.record.service}/${this.record.id} kept changing while they were written; trying again`,
      { path: instancePath(this.record.service, this.record.id) },
    );
  }

  /** Reads every wanted node and says what to do about them. */
  async #inspect(): Promise<{ operations: MultiOperation[]; sessionId: bigint }> {
    const { zk, acl } = this.#parts;
    const found = await Promise.all(this.#wanted.map((node) => this.#observe(node.path)));
    const sessionId = zk.sessionId;
    const operations = this.#wanted.flatMap((node, index) => {
      const there = found[index] ?? null;
      const fate = judgeNode(node, there, sessionId, this.#held.get(node.path));
      if (isInPlace(node, there, sessionId)) this.#held.set(node.path, there?.stat.czxid ?? 0n);
      if (node.kind === 'exclusive' && fate === 'replace' && this.#registeredIn === sessionId) {
        this.#parts.logger.warn(
          { path: node.path, owner: there?.stat.ephemeralOwner.toString(16) },
          'another session took the node of this instance: two processes with the same instance id?',
        );
      }
      return operationsFor(node, there, fate, (path, data) => ({
        type: 'create',
        path,
        data,
        mode: 'ephemeral',
        ...(acl === undefined ? {} : { acl: [...acl] }),
      }));
    });
    return { operations, sessionId };
  }

  async #observe(path: string): Promise<FoundNode> {
    const { zk } = this.#parts;
    try {
      if (this.#watches.has(path)) return await zk.get(path);
      const { data, stat, watch } = await zk.getAndWatch(path);
      this.#follow(path, watch);
      return { data, stat };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  #follow(path: string, watch: Watch): void {
    if (this.#isClosed()) {
      watch[Symbol.dispose]();
      return;
    }
    this.#watches.set(path, watch);
    watch.event.then(() => {
      this.#watches.delete(path);
      this.#reconciler.poke();
    });
  }

  #inPlace(sessionId: bigint): void {
    const { zk, logger } = this.#parts;
    if (this.#registeredIn !== sessionId) {
      const { service, id } = this.record;
      const address = formatAddress(this.record);
      logger.info({ service, id, address }, 'registered');
    }
    this.#registeredIn = sessionId;
    this.#state = zk.state.kind === 'connected' ? 'registered' : 'suspended';
    this.#first.resolve();
  }

  async #ensureParents(): Promise<void> {
    const { zk, acl } = this.#parts;
    const options = acl === undefined ? {} : { acl: [...acl] };
    const { service } = this.record;
    await Promise.all([
      zk.ensurePath(servicePath(service), options),
      zk.ensurePath(seedServicePath(service), options),
    ]);
  }

  #failed(error: unknown, retryMs: number | undefined): void {
    if (!hasCode(error, 'CLOSED')) {
      const { service, id } = this.record;
      const ending = retryMs === undefined ? 'for good: the client has ended' : 'for now';
      this.#parts.logger.warn(
        { err: error, service, id, retryMs },
        `registration failed ${ending}`,
      );
    }
    if (this.#state === 'registered') this.#state = 'registering';
    if (isHopeless(error)) this.#first.reject(error);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #end(): Promise<void> {
    this.#state = 'closed';
    this.#parts.onClose();
    this.#first.reject(
      new GovernanceError('CLOSED', `the registration of ${this.record.id} was closed`),
    );
    for (const watch of this.#watches.values()) watch[Symbol.dispose]();
    this.#watches.clear();
    const work = this.#reconciler.close().then(() => this.#remove());
    await within(this.#parts.deregisterTimeoutMs, work, this.#parts.clock).catch(
      (error: unknown) => {
        const { service, id } = this.record;
        this.#parts.logger.warn({ err: error, service, id }, 'the nodes are left to the session');
      },
    );
  }

  async #remove(): Promise<void> {
    const { zk } = this.#parts;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const found = await Promise.all(this.#wanted.map((node) => readNode(zk, node.path)));
      const operations = this.#wanted
        .filter((node, index) => isOurs(node, found[index] ?? null, zk.sessionId))
        .map((node): MultiOperation => ({ type: 'delete', path: node.path }));
      if (operations.length === 0) return;
      try {
        await zk.multi(operations);
        return;
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
}

function wantedNodes(record: InstanceRecord, bytes: Buffer): WantedNode[] {
  const address = Buffer.from(formatAddress(record));
  return [
    { path: instancePath(record.service, record.id), data: bytes, kind: 'exclusive' },
    ...record.methods.map(
      (method): WantedNode => ({
        path: seedMethodPath(record.service, method),
        data: address,
        kind: 'shared',
      }),
    ),
  ];
}

async function readNode(zk: ZooKeeperClient, path: string): Promise<FoundNode> {
  try {
    return await zk.get(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
