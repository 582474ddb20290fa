import { type InstanceRecord, type Registration, ServiceRegistry } from '@mpim/governance';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import type { Logger } from 'pino';

/** How long a stopping service waits for ZooKeeper to delete its records, ms. */
const DEREGISTER_TIMEOUT_MS = 1_000;

/** The instance records of one process, one for each RPC service it provides. */
export class Registrations {
  /** Resolves when all of them are in ZooKeeper for the first time; rejects when they never will be. */
  readonly done: Promise<void>;
  readonly #zk: ZooKeeperClient;
  readonly #abort = new AbortController();
  readonly #registering: Promise<Registration>[];
  #problem: string | undefined = 'the registration is under way';

  /** Begins to register; waits for ZooKeeper as long as it takes. */
  constructor(zk: ZooKeeperClient, records: readonly InstanceRecord[], logger: Logger) {
    this.#zk = zk;
    const registry = new ServiceRegistry(zk, {
      logger,
      deregisterTimeoutMs: DEREGISTER_TIMEOUT_MS,
    });
    this.#registering = records.map((record) =>
      registry.register(record, { signal: this.#abort.signal }),
    );
    this.done = Promise.all(this.#registering).then(() => {
      this.#problem = undefined;
    });
    this.done.catch((err: unknown) => {
      if (this.#abort.signal.aborted) return;
      logger.error({ err }, 'cannot register this instance');
      this.#problem = err instanceof Error ? err.message : String(err);
    });
  }

  /** Why the records are not in ZooKeeper yet, or never will be; `undefined` after {@link done}. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Takes the records out of ZooKeeper, or stops trying to put them there. While ZooKeeper is away it waits for
   * nothing: the records go with the session. Never throws.
   */
  async deregister(): Promise<void> {
    this.#abort.abort(new Error('the service stops'));
    const ended = this.#registering.map(async (registering) => {
      const registration = await registering.catch(() => undefined);
      await registration?.deregister();
    });
    if (this.#zk.state.kind === 'connected') await Promise.all(ended);
  }
}
