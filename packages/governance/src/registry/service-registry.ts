import type { Clock, Random } from '@mpim/mprpc';
import type { Acl, SessionState, ZooKeeperClient } from '@mpim/zookeeper';
import { checkRecord, encodeRecord, type InstanceRecord } from '../instance-record.ts';
import { type GovernanceLogger, silentLogger } from '../log.ts';
import { InstanceRegistration } from './instance-registration.ts';
import type { Registration } from './registration.ts';

/** How a {@link ServiceRegistry} writes and watches its nodes. */
export interface ServiceRegistryOptions {
  /** Of every node it creates; open to everybody unless told. */
  acl?: readonly Acl[];
  /** Milliseconds between two checks that the own nodes exist and belong to the own session. Default 30,000. */
  selfCheckIntervalMs?: number;
  /** How long `deregister` tries before it leaves the nodes to the end of the session, ms. Default 3,000. */
  deregisterTimeoutMs?: number;
  logger?: GovernanceLogger;
  clock?: Clock;
  random?: Random;
}

/** What {@link ServiceRegistry.register} may be told. */
export interface RegisterOptions {
  /** Gives up waiting for ZooKeeper; the registration is then closed. */
  signal?: AbortSignal;
}

/**
 * Announces instances in ZooKeeper and keeps them announced for as long as they live: over lost connections,
 * expired sessions, nodes deleted by hand and servers that forgot everything.
 *
 * @example
 * const registry = new ServiceRegistry(zk);
 * await using registration = await registry.register({ id: 'user-1', service: 'UserServiceRpc', … });
 */
export class ServiceRegistry {
  readonly #zk: ZooKeeperClient;
  readonly #options: ServiceRegistryOptions;
  readonly #registrations = new Set<InstanceRegistration>();
  readonly #onState = (state: SessionState): void => {
    for (const registration of this.#registrations) registration.connectionChanged(state);
  };
  readonly #onSession = (): void => {
    for (const registration of this.#registrations) registration.sessionStarted();
  };

  constructor(zk: ZooKeeperClient, options: ServiceRegistryOptions = {}) {
    this.#zk = zk;
    this.#options = options;
  }

  /**
   * Creates, in one multi, `/services/<Service>/<id>` and every free `/<Service>/<Method>`; resolves when they are
   * seen in place. Tries until it succeeds, the signal aborts or the client is closed.
   *
   * Throws `GovernanceError` INVALID_RECORD, or `ZooKeeperError` when trying again cannot help (NO_AUTH, CLOSED …).
   */
  async register(record: InstanceRecord, options: RegisterOptions = {}): Promise<Registration> {
    options.signal?.throwIfAborted();
    const checked = checkRecord(record);
    const registration = new InstanceRegistration({
      zk: this.#zk,
      record: checked,
      bytes: encodeRecord(checked),
      selfCheckIntervalMs: this.#options.selfCheckIntervalMs ?? 30_000,
      deregisterTimeoutMs: this.#options.deregisterTimeoutMs ?? 3_000,
      acl: this.#options.acl,
      logger: this.#options.logger ?? silentLogger,
      clock: this.#options.clock,
      random: this.#options.random,
      onClose: () => this.#forget(registration),
    });
    this.#remember(registration);
    const abort = (): void => registration.fail(options.signal?.reason);
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      await registration.start();
      return registration;
    } catch (error) {
      await registration.deregister();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  // One pair of listeners for all registrations, and none when there are none.
  #remember(registration: InstanceRegistration): void {
    if (this.#registrations.size === 0) {
      this.#zk.on('state', this.#onState);
      this.#zk.on('session', this.#onSession);
    }
    this.#registrations.add(registration);
  }

  #forget(registration: InstanceRegistration): void {
    this.#registrations.delete(registration);
    if (this.#registrations.size > 0) return;
    this.#zk.off('state', this.#onState);
    this.#zk.off('session', this.#onSession);
  }
}
