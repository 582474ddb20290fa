import {
  CONFIG_ROOT,
  type InstanceRecord,
  openNodes,
  type Registration,
  SERVICES_ROOT,
  ServiceRegistry,
  seedServicePath,
  servicePath,
} from '@mpim/governance';
import type { Acl, ZooKeeperClient } from '@mpim/zookeeper';
import type { Logger } from 'pino';
import { explainRefusal, type ZooKeeperAccess } from '../zookeeper/refusal.ts';

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

  /** Begins to register, with nodes of this ACL if there is one; waits for ZooKeeper as long as it takes. */
  constructor(
    zk: ZooKeeperClient,
    records: readonly InstanceRecord[],
    logger: Logger,
    access: ZooKeeperAccess & { readonly acl: readonly Acl[] | undefined },
  ) {
    this.#zk = zk;
    const { acl } = access;
    const registry = new ServiceRegistry(zk, {
      logger,
      ...(acl === undefined ? {} : { acl }),
      deregisterTimeoutMs: DEREGISTER_TIMEOUT_MS,
    });
    this.#registering = records.map((record) =>
      registry.register(record, { signal: this.#abort.signal }),
    );
    this.done = Promise.all(this.#registering).then(
      () => {
        this.#problem = undefined;
        if (acl !== undefined) void this.#guardTree(acl, records, logger);
      },
      (error: unknown) => {
        throw explainRefusal(error, access);
      },
    );
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

  /**
   * Takes the place of the configuration before a stranger does. Nodes from before there were identities stay as they
   * were until somebody closes them.
   */
  async #guardTree(
    acl: readonly Acl[],
    records: readonly InstanceRecord[],
    logger: Logger,
  ): Promise<void> {
    const paths = records.flatMap(({ service }) => [
      servicePath(service),
      seedServicePath(service),
    ]);
    try {
      await this.#zk.ensurePath(CONFIG_ROOT, { acl });
      const open = await openNodes(this.#zk, [SERVICES_ROOT, CONFIG_ROOT, ...paths]);
      if (open.length === 0) return;
      logger.warn(
        { open },
        'anybody can change these nodes in ZooKeeper: when all services have --zookeeper-auth-file, close them with mpim access close',
      );
    } catch (err) {
      // The connection was cut, or the node belongs to others: the registry stands, and mpim access check tells more.
      logger.warn({ err }, 'cannot see who may change the configuration in ZooKeeper');
    }
  }
}
