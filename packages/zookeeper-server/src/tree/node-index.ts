import type { DataNode } from './data-node.ts';
import { ownerKind } from './owner.ts';

const NONE: ReadonlySet<string> = new Set();

/** Finds nodes by what will end them: a session, being empty, or age. */
export class NodeIndex {
  readonly #bySession = new Map<bigint, Set<string>>();
  // With the nodes: the reaper goes through all of them, and to look each up takes ten times as long.
  readonly #containers = new Map<string, DataNode>();
  readonly #ttls = new Map<string, DataNode>();
  #ephemeralCount = 0;

  add(path: string, node: DataNode): void {
    const owner = node.ephemeralOwner;
    switch (ownerKind(owner)) {
      case 'session': {
        const paths = this.#bySession.get(owner);
        if (paths === undefined) this.#bySession.set(owner, new Set([path]));
        else paths.add(path);
        this.#ephemeralCount++;
        break;
      }
      case 'container':
        this.#containers.set(path, node);
        break;
      case 'ttl':
        this.#ttls.set(path, node);
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

  /** A session has ended, and its nodes go one by one: taking each out here would be a quarter of what that takes. */
  endSession(owner: bigint): void {
    this.#ephemeralCount -= this.ephemeralsOf(owner).size;
    this.#bySession.delete(owner);
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

  get containers(): ReadonlyMap<string, DataNode> {
    return this.#containers;
  }

  get ttls(): ReadonlyMap<string, DataNode> {
    return this.#ttls;
  }
}
