import { type Acl, OPEN_ACL } from '@mpim/zookeeper/protocol';

interface Pooled {
  readonly key: string;
  readonly acl: readonly Acl[];
  /** How many nodes have it. */
  count: number;
}

/**
 * One list for each different ACL of a tree, however many nodes have it: each request and each logged transaction brings a
 * list of its own (ZooKeeper: `ReferenceCountedACLCache`). Lists are equal when their entries are, in the same order.
 */
export class AclPool {
  readonly #byKey = new Map<string, Pooled>();
  readonly #byList = new Map<readonly Acl[], Pooled>();

  /** Number of different ACLs, without the open one. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The list to keep in place of this one, for one more node. */
  take(acl: readonly Acl[]): readonly Acl[] {
    // An empty one says that the ACL is not known, and stays what it is.
    if (acl === OPEN_ACL || acl.length === 0) return acl;
    let pooled = this.#byList.get(acl);
    if (pooled === undefined) {
      const key = keyOf(acl);
      if (key === OPEN_KEY) return OPEN_ACL;
      pooled = this.#byKey.get(key) ?? this.#add(key, acl);
    }
    pooled.count++;
    return pooled.acl;
  }

  /** One node has this list, which {@link take} gave, no longer. */
  release(acl: readonly Acl[]): void {
    const pooled = this.#byList.get(acl);
    if (pooled === undefined || --pooled.count > 0) return;
    this.#byKey.delete(pooled.key);
    this.#byList.delete(acl);
  }

  clear(): void {
    this.#byKey.clear();
    this.#byList.clear();
  }

  #add(key: string, acl: readonly Acl[]): Pooled {
    const pooled = { key, acl, count: 0 };
    this.#byKey.set(key, pooled);
    this.#byList.set(acl, pooled);
    return pooled;
  }
}

const OPEN_KEY = keyOf(OPEN_ACL);

/** The same for equal lists alone: lengths keep apart what any text in an entry could run together. */
function keyOf(acl: readonly Acl[]): string {
  let key = '';
  for (const { permissions, scheme, id } of acl) {
    key += `${permissions},${scheme.length},${scheme},${id.length},${id};`;
  }
  return key;
}
