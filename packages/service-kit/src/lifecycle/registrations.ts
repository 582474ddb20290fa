import { type InstanceRecord, type Registration, ServiceRegistry } from '@mpim/governance';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import type { Logger } from 'pino';

/** The instance records of one process, one for each RPC service it provides. */
export class Registrations {
  /** Resolves when all of them are in ZooKeeper for the first time; rejects when they never will be. */
  readonly done: Promise<void>;
  readonly #abort = new AbortController();
  readonly #registering: Promise<Registration>[];
  #complete = false;

  /** Begins to register; waits for ZooKeeper as long as it takes. */
  constructor(zk: ZooKeeperClient, records: readonly InstanceRecord[], logger: Logger) {
    const registry = new ServiceRegistry(zk, { logger });
    this.#registering = records.map((record) =>
      registry.register(record, { signal: this.#abort.signal }),
    );
    this.done = Promise.all(this.#registering).then(() => {
      this.#complete = true;
      for (const { service, id } of records) logger.info({ service, id }, 'registered');
    });
    this.done.catch((err: unknown) => {
      if (!this.#abort.signal.aborted) logger.error({ err }, 'cannot register this instance');
    });
  }

  /** True after {@link done}. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Takes the records out of ZooKeeper, or stops trying to put them there. Never throws. */
  async deregister(): Promise<void> {
    this.#abort.abort(new Error('the service stops'));
    await Promise.all(
      this.#registering.map((registering) =>
        registering.then(
          (registration) => registration.deregister(),
          () => undefined,
        ),
      ),
    );
  }
}
