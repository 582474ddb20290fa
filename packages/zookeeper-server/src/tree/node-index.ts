import { ownerKind } from './owner.ts';

const NONE: ReadonlySet<string> = new Set();

/** Finds nodes by what will end them: a session, being empty, or age. */
export class NodeIndex {
  readonly #bySession = new Map<bigint, Set<string>>();
  readonly #containers = new Set<string>();
  readonly #ttls = new Set<string>();
  #ephemeralCount = 0;

  add(path: string, owner: bigint): void {
    switch (ownerKind(owner)) {
      case 'session': {
        const paths = this.#bySession.get(owner);
        if (paths === undefined) this.#bySession.set(owner, new Set([path]));
        else paths.add(path);
        this.#ephemeralCount++;
        break;
      }
      case 'container':
        this.#containers.add(path);
        break;
      case 'ttl':
        this.#ttls.add(path);
        break;
      case 'none':
        break;
    }
  }

  remove(path: string, owner: bigint): void {
    switch (ownerKind(owner)) {
      case 'session': {
        const paths = this.#bySession.get(owner);
        if (paths?.delete(path) !== true) return;
        this.#ephemeralCount--;
        if (paths.size === 0) this.#bySession.delete(owner);
        break;
      }
      case 'container':
        this.#containers.delete(path);
        break;
      case 'ttl':
        this.#ttls.delete(path);
        break;
      case 'none':
        break;
    }
  }

  clear(): void {
    this.#bySession.clear();
    this.#containers.clear();
    this.#ttls.clear();
    this.#ephemeralCount = 0;
  }

  /** Paths of the ephemeral nodes of a session, oldest first. */
  ephemeralsOf(sessionId: bigint): ReadonlySet<string> {
    return this.#bySession.get(sessionId) ?? NONE;
  }

  /** Sessions that have ephemeral nodes, with the paths. */
  get sessions(): ReadonlyMap<bigint, ReadonlySet<string>> {
    return this.#bySession;
  }

  /** Number of ephemeral nodes of all sessions. */
  get ephemeralCount(): number {
    return this.#ephemeralCount;
  }

  get containers(): ReadonlySet<string> {
    return this.#containers;
  }

  get ttls(): ReadonlySet<string> {
    return this.#ttls;
  }
}
