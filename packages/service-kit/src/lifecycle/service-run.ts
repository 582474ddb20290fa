import type { RpcProvider } from '@mpim/mprpc';
import type { Logger } from 'pino';
import type { ZooKeeperLink } from '../zookeeper/zookeeper-link.ts';
import type { Registrations } from './registrations.ts';
import type { RunningService, ServiceParts } from './service-spec.ts';

/** What a started service consists of. */
export interface ServiceRunParts {
  readonly name: string;
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly parts: ServiceParts;
  readonly provider: RpcProvider;
  readonly registrations: Registrations;
  readonly zookeeper: ZooKeeperLink;
  readonly logger: Logger;
  readonly drainTimeoutMs: number;
  /** Everything that must be closed, in reverse order of its opening. */
  readonly resources: AsyncDisposable;
}

/** A service from its first call to its end. */
export class ServiceRun implements RunningService {
  readonly name: string;
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly registered: Promise<void>;
  readonly #run: ServiceRunParts;
  #stopping: Promise<void> | undefined;

  constructor(run: ServiceRunParts) {
    this.#run = run;
    this.name = run.name;
    this.instanceId = run.instanceId;
    this.host = run.host;
    this.port = run.port;
    this.adminPort = run.adminPort;
    this.metadata = Object.freeze({ ...run.parts.metadata });
    this.registered = run.registrations.done;
  }

  /**
   * Once registered, a service stays ready while ZooKeeper is away: callers and it have each other's last known
   * addresses, and taking all of them out of service would turn one outage into two.
   */
  notReady(): string[] {
    const { registrations, zookeeper, parts } = this.#run;
    if (this.#stopping) return ['stopping'];
    const reasons: string[] = [];
    if (registrations.problem !== undefined) {
      reasons.push(`not registered yet: ${zookeeper.problem ?? registrations.problem}`);
    }
    const ready = parts.ready?.() ?? true;
    if (ready !== true) reasons.push(ready || `the ${this.name} service is not ready`);
    return reasons;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    const { registrations, provider, parts, logger, drainTimeoutMs, resources } = this.#run;
    logger.info('stopping');
    await registrations.deregister();
    await provider.drain(drainTimeoutMs);
    try {
      await parts.drain?.();
    } catch (err) {
      logger.error({ err }, 'draining failed: closing all the same');
    }
    await resources[Symbol.asyncDispose]();
    logger.info('stopped');
  }
}
