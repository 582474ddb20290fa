import { ZooKeeperError, type ZooKeeperErrorCode } from './errors.ts';
import type { HostPort } from './hosts/connect-string.ts';
import { ensembleHosts } from './hosts/ensemble-hosts.ts';
import { CONFIG_PATH, type EnsembleConfig } from './operations/ensemble-config.ts';
import type { SessionState } from './session/session-state.ts';
import type { Watch } from './watches/watch.ts';

/** Reads the configuration and leaves a watch on it. */
export type ReadConfig = () => Promise<EnsembleConfig & { watch: Watch }>;

/** What becomes of it; both are called in the order in which the server answered. */
export interface FollowerEvents {
  /** These servers are to be tried from now on. */
  named(hosts: readonly HostPort[]): void;
  /**
   * A server does not let the configuration be read; told once for each reason until it is read. Or it does not say of
   * all members where clients reach them (`NO_CLIENT_ADDRESS`); told once for each configuration.
   */
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
 * change. An older one than was seen in this session changes nothing; another session may be one of an ensemble that was
 * built anew, whose configurations begin again.
 */
export class EnsembleFollower {
  readonly #read: ReadConfig;
  readonly #events: FollowerEvents;
  #watch: Watch | null = null;
  #told: ZooKeeperErrorCode | null = null;
  #sessionId = 0n;
  #text = '';
  #version = -1n;

  constructor(read: ReadConfig, events: FollowerEvents) {
    this.#read = read;
    this.#events = events;
  }

  /** The client has moved to another state. */
  stateChanged(state: SessionState): void {
    // Not of a read-only server: cut off from the others, it may have missed the last changes.
    if (state.kind === 'connected' && state.sessionId !== this.#sessionId) {
      this.#sessionId = state.sessionId;
      this.#version = -1n;
    }
    if (state.kind === 'connected' || state.kind === 'read-only') void this.#look();
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
    const { hosts, unknown } = ensembleHosts(servers);
    // What is known otherwise is better than a part of them.
    if (unknown.length > 0) this.#events.refused(noClientAddress(unknown));
    else if (hosts.length > 0) this.#events.named(hosts);
  }
}

function noClientAddress(ids: readonly string[]): ZooKeeperError {
  const names = ids.map((id) => `server.${id}`).join(', ');
  const message = `${CONFIG_PATH}: no address for clients in ${names}; it stands behind a semicolon, server.1=zk1:2888:3888;2181`;
  return new ZooKeeperError('NO_CLIENT_ADDRESS', message, { path: CONFIG_PATH });
}
