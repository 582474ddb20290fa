import {
  EventType,
  type RemoveWatchesRequest,
  type SetWatchesRequest,
  type WatcherEvent,
  WatcherType,
} from '../../protocol/index.ts';
import type { OneShotWatch, WatchEvent, WatchKind } from './watch.ts';

type Table = Map<string, Set<OneShotWatch>>;

/** The kinds of watch that each event ends (ZooKeeper: `ZKWatchManager.materialize`). */
const ENDED_BY: Readonly<Record<number, { type: FiredType; kinds: readonly WatchKind[] }>> = {
  [EventType.NodeCreated]: { type: 'created', kinds: ['data', 'exist'] },
  [EventType.NodeDeleted]: { type: 'deleted', kinds: ['data', 'exist', 'child'] },
  [EventType.NodeDataChanged]: { type: 'changed', kinds: ['data', 'exist'] },
  [EventType.NodeChildrenChanged]: { type: 'children', kinds: ['child'] },
};

type FiredType = Exclude<WatchEvent['type'], 'lost'>;

/** The session's armed watches, by what they wait for and by server path. */
export class WatchRegistry {
  readonly #tables: Readonly<Record<WatchKind, Table>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
  };

  /** How many reads under way will leave a watch, by what the server files it under. */
  readonly #expected = new Map<string, number>();
  readonly #unused: (request: RemoveWatchesRequest) => void;

  /** `unused` hears of watches that the server keeps for nobody any more. */
  constructor(unused: (request: RemoveWatchesRequest) => void) {
    this.#unused = unused;
  }

  /** How many are armed. */
  get size(): number {
    let size = 0;
    for (const table of Object.values(this.#tables)) {
      for (const watches of table.values()) size += watches.size;
    }
    return size;
  }

  /** Takes up a watch that the server has just left. */
  arm(watch: OneShotWatch, kind: WatchKind): void {
    const table = this.#tables[kind];
    const path = watch.serverPath;
    let watches = table.get(path);
    if (watches === undefined) {
      watches = new Set();
      table.set(path, watches);
    }
    watches.add(watch);
    watch.armed(() => {
      const left = table.get(path);
      if (left?.delete(watch) !== true || left.size > 0) return;
      table.delete(path);
      this.#releaseUnused(path, kind);
    });
  }

  /** While a read that leaves a watch is under way, the server's watch of its kind must stay. */
  async expecting<T>(path: string, kind: 'data' | 'child', read: Promise<T>): Promise<T> {
    const key = expectationKey(path, kind);
    this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
    try {
      return await read;
    } finally {
      const left = (this.#expected.get(key) ?? 1) - 1;
      if (left === 0) this.#expected.delete(key);
      else this.#expected.set(key, left);
    }
  }

  /** Whether a read under way will leave a watch on the path. */
  isExpected(path: string): boolean {
    const keys = [expectationKey(path, 'data'), expectationKey(path, 'child')];
    return keys.some((key) => this.#expected.has(key));
  }

  #releaseUnused(path: string, kind: WatchKind): void {
    // The server files data and exist watches under one name.
    const filed = kind === 'child' ? 'child' : 'data';
    if (filed === 'data' && (this.#tables.data.has(path) || this.#tables.exist.has(path))) return;
    if (this.#expected.has(expectationKey(path, filed))) return;
    this.#unused({ path, type: filed === 'child' ? WatcherType.children : WatcherType.data });
  }

  /** Settles the watches that an event ends. Events of other kinds mean nothing here. */
  fire(event: WatcherEvent): void {
    const ended = ENDED_BY[event.type];
    if (ended === undefined) return;
    for (const kind of ended.kinds) {
      const watches = this.#tables[kind].get(event.path);
      if (watches === undefined) continue;
      this.#tables[kind].delete(event.path);
      for (const watch of watches) watch.settle({ type: ended.type, path: watch.path });
    }
  }

  /** Settles all watches as lost. */
  lose(reason: 'session-expired' | 'closed'): void {
    for (const table of Object.values(this.#tables)) {
      const lost = [...table.values()];
      table.clear();
      for (const watches of lost) {
        for (const watch of watches) watch.settle({ type: 'lost', path: watch.path, reason });
      }
    }
  }

  /** The packet that arms again what one path has, or null for nothing. */
  setWatchesAt(path: string, relativeZxid: bigint): SetWatchesRequest | null {
    const at = (kind: WatchKind) => (this.#tables[kind].has(path) ? [path] : []);
    const [dataWatches, existWatches, childWatches] = [at('data'), at('exist'), at('child')];
    if (dataWatches.length + existWatches.length + childWatches.length === 0) return null;
    return { relativeZxid, dataWatches, existWatches, childWatches };
  }

  /** The packets that arm everything on a new connection; their paths have no more than `room` bytes each. */
  setWatches(relativeZxid: bigint, room: number): SetWatchesRequest[] {
    const requests: SetWatchesRequest[] = [];
    let paths: Record<WatchKind, string[]> = { data: [], exist: [], child: [] };
    let bytes = 0;
    const finish = () => {
      const { data, exist, child } = paths;
      requests.push({ relativeZxid, dataWatches: data, existWatches: exist, childWatches: child });
      paths = { data: [], exist: [], child: [] };
      bytes = 0;
    };
    for (const kind of ['data', 'exist', 'child'] as const) {
      for (const path of this.#tables[kind].keys()) {
        const size = Buffer.byteLength(path) + 4;
        if (bytes > 0 && bytes + size > room) finish();
        paths[kind].push(path);
        bytes += size;
      }
    }
    if (bytes > 0) finish();
    return requests;
  }
}

function expectationKey(path: string, kind: 'data' | 'child'): string {
  return `${kind}:${path}`;
}
