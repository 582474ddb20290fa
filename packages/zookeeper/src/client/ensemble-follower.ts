import { ZooKeeperError, type ZooKeeperErrorCode } from './errors.ts';
import type { HostPort } from './hosts/connect-string.ts';
import { ensembleHosts } from './hosts/ensemble-hosts.ts';
import type { EnsembleConfig } from './operations/ensemble-config.ts';
import type { SessionState } from './session/session-state.ts';
import type { Watch } from './watches/watch.ts';

/** Reads the configuration and leaves a watch on it. */
export type ReadConfig = () => Promise<EnsembleConfig & { watch: Watch }>;

/** What becomes of it; both are called in the order in which the server answered. */
export interface FollowerEvents {
  /** These servers are to be tried from now on. */
  named(hosts: readonly HostPort[]): void;
  /** A server does not let the configuration be read; told once for each reason until it is read. */
  refused(error: ZooKeeperError): void;
}

/** These tell of the session, as its state does, and nothing of the configuration. */
const SESSION_IS_OVER: ReadonlySet<ZooKeeperErrorCode> = new Set([
  'AUTH_FAILED',
  'CLOSED',
  'SESSION_EXPIRED',
]);

/**
 * Keeps the servers to try those that the ensemble's configuration names: reads it on every connection and after each
 * change. An older one than was seen, such as of a server that lags behind, changes nothing.
 */
export class EnsembleFollower {
  readonly #read: ReadConfig;
  readonly #events: FollowerEvents;
  #watch: Watch | null = null;
  #told: ZooKeeperErrorCode | null = null;
  #text = '';
  #version = -1n;

  constructor(read: ReadConfig, events: FollowerEvents) {
    this.#read = read;
    this.#events = events;
  }

  /** The client has moved to another state. */
  stateChanged({ kind }: SessionState): void {
    if (kind === 'connected' || kind === 'read-only') void this.#look();
  }

  async #look(): Promise<void> {
    for (let watch = await this.#take(); watch !== null; watch = await this.#take()) {
      if ((await watch.event).type === 'lost') return;
    }
  }

  /** Null when it cannot be read: the next connection will tell. */
  async #take(): Promise<Watch | null> {
    const read = await this.#read().catch((error: unknown) => this.#refused(error));
    if (read === null) return null;
    const { watch, ...config } = read;
    // Behind the read, so that the server's own watch stays; whoever waits for it waits no longer.
    this.#watch?.[Symbol.dispose]();
    this.#watch = watch;
    this.#told = null;
    this.#follow(config);
    return watch;
  }

  #refused(error: unknown): null {
    if (!(error instanceof ZooKeeperError)) throw error;
    const { code, retryable } = error;
    if (!retryable && !SESSION_IS_OVER.has(code) && code !== this.#told) {
      this.#told = code;
      this.#events.refused(error);
    }
    return null;
  }

  #follow({ servers, version, text }: EnsembleConfig): void {
    // Servers without dynamic configuration are all at the same version, whatever their files say.
    if (version === null || version < this.#version || text === this.#text) return;
    this.#version = version;
    this.#text = text;
    const hosts = ensembleHosts(servers.values());
    if (hosts !== null) this.#events.named(hosts);
  }
}
