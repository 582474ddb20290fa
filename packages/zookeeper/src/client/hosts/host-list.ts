import type { Random } from '../clock.ts';
import { formatHost, type HostPort } from './connect-string.ts';
import { shuffled } from './shuffled.ts';

/** Servers to try, one after the other, in an order of this client's own so that load spreads. */
export class HostList {
  readonly #random: Random;
  #hosts: readonly HostPort[];
  #next = 0;

  constructor(hosts: readonly HostPort[], random: Random) {
    this.#random = random;
    this.#hosts = shuffled(hosts, random);
  }

  /** Tries these from now on. */
  replace(hosts: readonly HostPort[]): void {
    this.#hosts = shuffled(hosts, this.#random);
    this.#next = 0;
  }

  /** How many there are. */
  get size(): number {
    return this.#hosts.length;
  }

  /** Whether there is no other than the one of this name. */
  isOnly(name: string): boolean {
    return this.#hosts.every((host) => formatHost(host) === name);
  }

  /** The next one to try. */
  next(): HostPort {
    const host = this.#hosts[this.#next];
    if (host === undefined) throw new RangeError('a host list cannot be empty');
    this.#next = (this.#next + 1) % this.#hosts.length;
    return host;
  }
}
