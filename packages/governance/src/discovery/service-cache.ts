import type { Clock, ClockTimer, Instance, Random } from '@mpim/mprpc';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { GovernanceError } from '../errors.ts';
import { decodeRecord } from '../instance-record.ts';
import type { GovernanceLogger } from '../log.ts';
import { Reconciler } from '../reconciler.ts';
import { instancePath, servicePath } from '../tree.ts';
import { hasCode, isMissing } from '../zookeeper-faults.ts';
import { type ChildrenRead, ChildrenReader } from './children-reader.ts';
import { InstanceSet } from './instance-set.ts';

/** What a {@link ServiceCache} is made of. */
export interface ServiceCacheParts {
  readonly zk: ZooKeeperClient;
  readonly service: string;
  readonly rereadIntervalMs: number;
  readonly coalesceMs: number;
  readonly sessionLossGraceMs: number;
  readonly clock: Clock;
  readonly random: Random | undefined;
  readonly logger: GovernanceLogger;
  /** Called after every change, with the new list. */
  onChange(cache: ServiceCache): void;
}

/**
 * Where the list comes from:
 * - `unknown`: nothing was read yet;
 * - `snapshot`: from disk, because ZooKeeper did not answer;
 * - `live`: exactly what the last read said;
 * - `held`: a new session began a moment ago; instances it does not show (yet) are kept for the grace time.
 */
export type CacheSource = 'unknown' | 'snapshot' | 'live' | 'held';

/** Instances that a new session does not show are kept for a while. */
interface Hold {
  /** Monotonic ms. */
  readonly until: number;
  /** Addresses from disk may be long dead: they are kept only as long as there is nobody else. */
  readonly unlessReplaced: boolean;
}

/** The instances of one service, kept by a watch on `/services/<Service>`; each record is read once. */
export class ServiceCache {
  readonly service: string;
  readonly #parts: ServiceCacheParts;
  readonly #set = new InstanceSet();
  readonly #reader: ChildrenReader;
  readonly #reconciler: Reconciler;
  readonly #warm = Promise.withResolvers<void>();
  #source: CacheSource = 'unknown';
  /** The last successful read; its list of children may name nodes whose record was refused. */
  #last: ChildrenRead | undefined;
  #lastReadAt: number | undefined;
  #hold: Hold | undefined;
  #holdTimer: ClockTimer | undefined;
  #closed = false;

  constructor(parts: ServiceCacheParts) {
    this.#parts = parts;
    this.service = parts.service;
    this.#warm.promise.catch(() => {});
    this.#reconciler = new Reconciler({
      run: () => this.#refresh(),
      onError: (error, retryMs) => this.#failed(error, retryMs),
      intervalMs: parts.rereadIntervalMs,
      minGapMs: parts.coalesceMs,
      clock: parts.clock,
      random: parts.random,
    });
    this.#reader = new ChildrenReader(parts.zk, servicePath(parts.service), () =>
      this.#reconciler.poke(),
    );
    this.#reconciler.poke();
  }

  get source(): CacheSource {
    return this.#source;
  }

  get instances(): readonly Instance[] {
    return this.#set.all;
  }

  /** Unix milliseconds of the last live read. */
  get lastReadAt(): number | undefined {
    return this.#lastReadAt;
  }

  /** Resolves as soon as the list comes from anywhere; rejects when closed before. */
  get warm(): Promise<void> {
    return this.#warm.promise;
  }

  providing(method: string): readonly Instance[] {
    return this.#set.providing(method);
  }

  /** Takes a list from disk as long as nothing better is known. */
  adopt(instances: readonly Instance[]): void {
    if (this.#source !== 'unknown' || this.#closed) return;
    this.#parts.logger.warn(
      { service: this.service, instances: instances.length },
      'ZooKeeper does not answer; using the last known addresses from disk',
    );
    this.#publish(instances, 'snapshot');
  }

  /** Ends the watch. A read under way may wait for a connection; nothing is done with what it brings. */
  close(): void {
    this.#closed = true;
    this.#holdTimer?.cancel();
    this.#reader[Symbol.dispose]();
    this.#warm.reject(new GovernanceError('CLOSED', 'the discovery was closed'));
    void this.#reconciler.close();
  }

  async #refresh(): Promise<void> {
    const read = await this.#reader.read();
    const records = await this.#readRecords(read);
    if (this.#closed) return;
    this.#holdAfterNewSession(read.sessionId);
    const held = this.#held(read, records);
    this.#last = read;
    this.#lastReadAt = this.#parts.clock.now();
    this.#publish([...records, ...held], held.length > 0 ? 'held' : 'live');
  }

  /** The records of the children that are there, from memory where they are known. */
  async #readRecords(read: ChildrenRead): Promise<Instance[]> {
    const unseen = this.#unseen(read);
    const known = read.children.flatMap((id) => (unseen.has(id) ? [] : (this.#set.get(id) ?? [])));
    const fresh = await Promise.all([...unseen].map((id) => this.#readRecord(id)));
    return [...known, ...fresh.filter((record) => record !== undefined)];
  }

  /**
   * The children whose record must be read. A record never changes while its node lives, so the new names are
   * enough, unless nodes came and went between two reads: the parent's child version counts every creation and
   * deletion (ZooKeeper: DataNode.copyStat), and when it moved by more than the names tell, all are read.
   */
  #unseen(read: ChildrenRead): Set<string> {
    const last = this.#last;
    if (last?.stat == null || read.stat === null || last.stat.czxid !== read.stat.czxid) {
      return new Set(read.children);
    }
    const before = new Set(last.children);
    const added = read.children.filter((id) => !before.has(id));
    const removed = before.size + added.length - read.children.length;
    const explained = read.stat.cversion - last.stat.cversion === added.length + removed;
    return new Set(explained ? added : read.children);
  }

  async #readRecord(id: string): Promise<Instance | undefined> {
    const { zk, logger } = this.#parts;
    const path = instancePath(this.service, id);
    try {
      const { data } = await zk.get(path);
      return decodeRecord(data, this.service, id);
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof GovernanceError)) throw error;
      logger.warn({ path, err: error }, 'an instance record is not valid and is left out');
      return undefined;
    }
  }

  /**
   * In a new session, what is missing may only not be there again yet: every provider's session may have been lost
   * with ours, or the server its memory. For the grace time nothing is taken away; then the list is believed.
   */
  #holdAfterNewSession(sessionId: bigint): void {
    const { clock, sessionLossGraceMs } = this.#parts;
    if (this.#source === 'unknown' || this.#last?.sessionId === sessionId) return;
    const until = clock.monotonic() + sessionLossGraceMs;
    this.#hold = { until, unlessReplaced: this.#source === 'snapshot' };
    this.#holdTimer?.cancel();
    this.#holdTimer = clock.setTimeout(() => this.#reconciler.poke(), sessionLossGraceMs);
    this.#holdTimer.unref();
  }

  #held(read: ChildrenRead, records: readonly Instance[]): readonly Instance[] {
    const hold = this.#hold;
    if (hold === undefined || this.#parts.clock.monotonic() >= hold.until) return [];
    if (hold.unlessReplaced && records.length > 0) return [];
    const present = new Set(read.children);
    return this.#set.all.filter((instance) => !present.has(instance.id));
  }

  #publish(instances: readonly Instance[], source: CacheSource): void {
    const first = this.#source === 'unknown';
    this.#source = source;
    const changed = this.#set.replace(instances);
    if (first) this.#warm.resolve();
    if (first || changed) this.#parts.onChange(this);
  }

  #failed(error: unknown, retryMs: number | undefined): void {
    if (hasCode(error, 'CLOSED')) return;
    this.#parts.logger.warn(
      { err: error, service: this.service, retryMs },
      'the instances of a service could not be read; the last known list stands',
    );
  }
}
