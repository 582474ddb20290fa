import { isDeepStrictEqual } from 'node:util';
import type { Instance } from '@mpim/mprpc';

const NONE: readonly Instance[] = Object.freeze([]);

/**
 * The instances of one service as callers see them: frozen lists in the order of ids that stay the same objects
 * until something changes, whole and per method.
 */
export class InstanceSet {
  #byId: ReadonlyMap<string, Instance> = new Map();
  #all = NONE;
  readonly #byMethod = new Map<string, readonly Instance[]>();

  get all(): readonly Instance[] {
    return this.#all;
  }

  get(id: string): Instance | undefined {
    return this.#byId.get(id);
  }

  ids(): Iterable<string> {
    return this.#byId.keys();
  }

  /** The instances that list the method: an older version may not have it yet. */
  providing(method: string): readonly Instance[] {
    let list = this.#byMethod.get(method);
    if (list === undefined) {
      list = Object.freeze(this.#all.filter((instance) => instance.methods.includes(method)));
      // An empty list is not kept: names that nobody provides must not fill the memory.
      if (list.length > 0) this.#byMethod.set(method, list);
    }
    return list;
  }

  /** Takes over a new state; false when it is what it was. Unchanged instances keep their objects. */
  replace(instances: Iterable<Instance>): boolean {
    const next = new Map<string, Instance>();
    let same = true;
    for (const instance of instances) {
      const known = this.#byId.get(instance.id);
      const kept = known !== undefined && isDeepStrictEqual(known, instance) ? known : instance;
      same &&= kept === known;
      next.set(instance.id, kept);
    }
    if (same && next.size === this.#byId.size) return false;
    this.#byId = next;
    this.#all = Object.freeze([...next.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    this.#byMethod.clear();
    return true;
  }
}
