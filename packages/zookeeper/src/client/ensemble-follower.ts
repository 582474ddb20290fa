import type { HostPort } from './hosts/connect-string.ts';
import { ensembleHosts } from './hosts/ensemble-hosts.ts';
import type { EnsembleConfig } from './operations/ensemble-config.ts';
import type { SessionState } from './session/session-state.ts';
import type { Watch } from './watches/watch.ts';

/** Reads the configuration and leaves a watch on it. */
export type ReadConfig = () => Promise<EnsembleConfig & { watch: Watch }>;

/**
 * Keeps the servers to try those that the ensemble's configuration names: reads it on every connection and after each
 * change. An older one than was seen, such as of a server that lags behind, changes nothing.
 */
export class EnsembleFollower {
  readonly #read: ReadConfig;
  readonly #use: (hosts: readonly HostPort[]) => void;
  #watch: Watch | null = null;
  #text = '';
  #version = -1n;

  constructor(read: ReadConfig, use: (hosts: readonly HostPort[]) => void) {
    this.#read = read;
    this.#use = use;
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
    try {
      const { watch, ...config } = await this.#read();
      // Behind the read, so that the server's own watch stays; whoever waits for it waits no longer.
      this.#watch?.[Symbol.dispose]();
      this.#watch = watch;
      this.#follow(config);
      return watch;
    } catch {
      return null;
    }
  }

  #follow({ servers, version, text }: EnsembleConfig): void {
    // Servers without dynamic configuration are all at the same version, whatever their files say.
    if (version === null || version < this.#version || text === this.#text) return;
    this.#version = version;
    this.#text = text;
    const hosts = ensembleHosts(servers.values());
    if (hosts !== null) this.#use(hosts);
  }
}
