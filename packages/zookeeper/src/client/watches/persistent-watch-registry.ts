import {
  EventType,
  parentPath,
  type SetWatches2Request,
  type WatcherEvent,
} from '../../protocol/index.ts';
import { ZooKeeperError } from '../errors.ts';
import { EventQueueWatch, type WatchedPath } from './persistent-watch.ts';

const TYPES = {
  [EventType.NodeCreated]: 'created',
  [EventType.NodeDeleted]: 'deleted',
  [EventType.NodeDataChanged]: 'changed',
  [EventType.NodeChildrenChanged]: 'children',
} as const;

/** The session's watches that stay, by server path. */
export class PersistentWatchRegistry {
  readonly #byPath = new Map<string, Set<EventQueueWatch>>();
  readonly #unused: (serverPath: string) => Promise<void>;
  #recursive = 0;

  /** `unused` hears of paths that nobody watches any more, and takes the server's watch back. */
  constructor(unused: (serverPath: string) => Promise<void>) {
    this.#unused = unused;
  }

  /** How many are not closed. */
  get size(): number {
    let size = 0;
    for (const watches of this.#byPath.values()) size += watches.size;
    return size;
  }

  /** Whether a watch stands, or is about to, on this very path. */
  has(serverPath: string): boolean {
    return this.#byPath.has(serverPath);
  }

  /** The mode in which the path is watched. */
  isRecursive(serverPath: string): boolean {
    for (const watch of this.#byPath.get(serverPath) ?? []) return watch.recursive;
    return false;
  }

  /**
   * A watch to ask the server for. Throws `BAD_ARGUMENTS` if the path is watched in the other mode: before 3.9 a
   * server keeps one mode for each path (ZOOKEEPER-4466) and would drop one of the two in silence.
   */
  add(watched: WatchedPath): EventQueueWatch {
    const { path, serverPath, recursive } = watched;
    let watches = this.#byPath.get(serverPath);
    if (watches !== undefined && this.isRecursive(serverPath) !== recursive) {
      const message = `watch ${path}: this session watches the node ${recursive ? 'alone' : 'with all below it'} already, and a server may keep only one of the two; close that watch, or use another client`;
      throw new ZooKeeperError('BAD_ARGUMENTS', message, { path });
    }
    if (watches === undefined) {
      watches = new Set();
      this.#byPath.set(serverPath, watches);
    }
    const watch = new EventQueueWatch(watched, (closed) => this.#release(closed));
    watches.add(watch);
    if (recursive) this.#recursive += 1;
    return watch;
  }

  /** Passes an event on to those that it is for. */
  fire(event: WatcherEvent): void {
    if (this.#byPath.size === 0) return;
    const type = TYPES[event.type as keyof typeof TYPES];
    if (type === undefined) return;
    for (const watch of this.#byPath.get(event.path) ?? []) {
      if (!watch.recursive || type !== 'children') watch.report(type, event.path);
    }
    if (this.#recursive === 0 || type === 'children') return;
    for (let path = event.path; path !== '/'; ) {
      path = parentPath(path);
      for (const watch of this.#byPath.get(path) ?? []) {
        if (watch.recursive) watch.report(type, event.path);
      }
    }
  }

  /** A new connection: whatever happened meanwhile is not told. */
  reportGap(): void {
    for (const watch of this.#armed()) watch.reportGap();
  }

  /** The same for the watches on one path. */
  reportGapAt(serverPath: string): void {
    for (const watch of this.#byPath.get(serverPath) ?? []) watch.reportGap();
  }

  /** Ends all of them. */
  lose(reason: 'session-expired' | 'closed'): void {
    const lost = [...this.#byPath.values()];
    this.#byPath.clear();
    this.#recursive = 0;
    for (const watches of lost) for (const watch of watches) watch.lose(reason);
  }

  /** The packets that register everything on a new connection; their paths have no more than `room` bytes each. */
  setWatches(relativeZxid: bigint, room: number): SetWatches2Request[] {
    const requests: SetWatches2Request[] = [];
    let request = emptyRequest(relativeZxid);
    let bytes = 0;
    const paths = new Map<string, boolean>();
    for (const watch of this.#armed()) paths.set(watch.serverPath, watch.recursive);
    for (const [path, recursive] of paths) {
      const size = Buffer.byteLength(path) + 4;
      if (bytes > 0 && bytes + size > room) {
        requests.push(request);
        request = emptyRequest(relativeZxid);
        bytes = 0;
      }
      (recursive ? request.persistentRecursiveWatches : request.persistentWatches).push(path);
      bytes += size;
    }
    if (bytes > 0) requests.push(request);
    return requests;
  }

  async #release(watch: EventQueueWatch): Promise<void> {
    const watches = this.#byPath.get(watch.serverPath);
    if (watches?.delete(watch) !== true) return;
    if (watch.recursive) this.#recursive -= 1;
    if (watches.size > 0) return;
    this.#byPath.delete(watch.serverPath);
    await this.#unused(watch.serverPath);
  }

  *#armed(): Iterable<EventQueueWatch> {
    for (const watches of this.#byPath.values()) {
      for (const watch of watches) if (watch.armed) yield watch;
    }
  }
}

function emptyRequest(relativeZxid: bigint) {
  return {
    relativeZxid,
    dataWatches: [],
    existWatches: [],
    childWatches: [],
    persistentWatches: [] as string[],
    persistentRecursiveWatches: [] as string[],
  };
}
