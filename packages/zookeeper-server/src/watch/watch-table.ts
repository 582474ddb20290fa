import { parentPath } from '@mpim/zookeeper/protocol';
import type { WatchedEvent, Watcher } from './watched-event.ts';

/** How long a watch lasts and how far it reaches; one watcher can hold all three kinds on one path. */
export const WatchMode = { oneShot: 1, persistent: 2, recursive: 4 } as const;

/** One of the bits of {@link WatchMode}. */
export type WatchMode = (typeof WatchMode)[keyof typeof WatchMode];

const ALL_MODES = 7;
const NOBODY: ReadonlySet<Watcher> = new Set();

/** Who watches which paths for one family of events (ZooKeeper 3.9: `WatchManager`). */
export class WatchTable {
  /** Sums of {@link WatchMode} bits by path and watcher, in the order the watches were set. */
  readonly #byPath = new Map<string, Map<Watcher, number>>();
  readonly #pathsOf = new Map<Watcher, Set<string>>();
  #recursiveCount = 0;

  add(path: string, watcher: Watcher, mode: WatchMode): void {
    let watchers = this.#byPath.get(path);
    if (watchers === undefined) {
      watchers = new Map();
      this.#byPath.set(path, watchers);
    }
    const modes = watchers.get(watcher) ?? 0;
    if (modes === 0) this.#remember(watcher, path);
    if (mode === WatchMode.recursive && (modes & mode) === 0) this.#recursiveCount++;
    watchers.set(watcher, modes | mode);
  }

  /** Whether the watcher holds a watch of one of `modes` on the path. */
  has(path: string, watcher: Watcher, modes: number = ALL_MODES): boolean {
    return ((this.#byPath.get(path)?.get(watcher) ?? 0) & modes) !== 0;
  }

  /** Takes watches off a path; false if there were none of `modes`. */
  remove(path: string, watcher: Watcher, modes: number = ALL_MODES): boolean {
    const watchers = this.#byPath.get(path);
    const held = watchers?.get(watcher) ?? 0;
    if (watchers === undefined || (held & modes) === 0) return false;
    if ((held & modes & WatchMode.recursive) !== 0) this.#recursiveCount--;
    const left = held & ~modes;
    if (left === 0) this.#forget(path, watchers, watcher);
    else watchers.set(watcher, left);
    return true;
  }

  /** Takes all watches of a watcher away. */
  removeWatcher(watcher: Watcher): void {
    const paths = this.#pathsOf.get(watcher);
    if (paths === undefined) return;
    this.#pathsOf.delete(watcher);
    for (const path of paths) {
      const watchers = this.#byPath.get(path);
      if (watchers === undefined) continue;
      if (((watchers.get(watcher) ?? 0) & WatchMode.recursive) !== 0) this.#recursiveCount--;
      if (watchers.size === 1) this.#byPath.delete(path);
      else watchers.delete(watcher);
    }
  }

  /**
   * Tells everybody who watches for this event, except those told already, and returns who was told.
   * One-shot watches are used up. Watches that reach down are asked unless `local` is set.
   */
  trigger(
    event: WatchedEvent,
    options: { told?: ReadonlySet<Watcher>; local?: boolean } = {},
  ): ReadonlySet<Watcher> {
    const told = options.told ?? NOBODY;
    const chosen = new Set<Watcher>();
    const watchers = this.#byPath.get(event.path);
    for (const [watcher, modes] of watchers ?? []) {
      if ((modes & (WatchMode.oneShot | WatchMode.persistent)) !== 0) chosen.add(watcher);
      if ((modes & WatchMode.oneShot) !== 0) this.remove(event.path, watcher, WatchMode.oneShot);
    }
    if (this.#recursiveCount > 0 && options.local !== true) this.#chooseRecursive(event, chosen);
    for (const watcher of chosen) {
      if (!told.has(watcher)) watcher.notify(event);
    }
    return chosen;
  }

  /** Whether nobody watches anything. */
  get isEmpty(): boolean {
    return this.#byPath.size === 0;
  }

  /** Paths watched, with who watches them. */
  get paths(): ReadonlyMap<string, ReadonlyMap<Watcher, number>> {
    return this.#byPath;
  }

  /** Watchers, with the paths they watch. */
  get watchers(): ReadonlyMap<Watcher, ReadonlySet<string>> {
    return this.#pathsOf;
  }

  /** Number of pairs of watcher and path. */
  count(): number {
    let count = 0;
    for (const paths of this.#pathsOf.values()) count += paths.size;
    return count;
  }

  #chooseRecursive(event: WatchedEvent, chosen: Set<Watcher>): void {
    for (let path = event.path; ; path = parentPath(path)) {
      for (const [watcher, modes] of this.#byPath.get(path) ?? []) {
        if ((modes & WatchMode.recursive) !== 0) chosen.add(watcher);
      }
      if (path === '/') return;
    }
  }

  #remember(watcher: Watcher, path: string): void {
    const paths = this.#pathsOf.get(watcher);
    if (paths === undefined) this.#pathsOf.set(watcher, new Set([path]));
    else paths.add(path);
  }

  #forget(path: string, watchers: Map<Watcher, number>, watcher: Watcher): void {
    watchers.delete(watcher);
    if (watchers.size === 0) this.#byPath.delete(path);
    const paths = this.#pathsOf.get(watcher);
    paths?.delete(path);
    if (paths?.size === 0) this.#pathsOf.delete(watcher);
  }
}
