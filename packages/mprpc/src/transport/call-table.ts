/** Something with a call id. */
export interface Identified {
  /** 1 to 2^32 - 1; not changed while it is in a table. */
  id: number;
}

const FIRST_SIZE = 64;
const MAX_SIZE = 1 << 20;

/**
 * The calls of a connection that are under way, by id. Ids are given out in rising order and a slot is
 * an id's low bits, so finding a call is an array access. A Map is rebuilt again and again under this
 * load, and what its old tables hold outlives many collections: with one, `bench rpc` spent a sixth of its
 * time there.
 */
export class CallTable<C extends Identified> {
  #slots: (C | undefined)[] = emptySlots(FIRST_SIZE);
  /** Calls whose slot is taken: those of a peer that gives out ids in another way. */
  readonly #overflow = new Map<number, C>();
  #lastId = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Gives a call the next id that is free, skipping those whose slot is taken, and puts it in. */
  addNext(call: C): void {
    this.#makeRoom();
    const slots = this.#slots;
    const mask = slots.length - 1;
    let id = (this.#lastId + 1) >>> 0;
    let skipped = 0;
    // 0 is no call's id: it follows after 2^32 - 1.
    while (id === 0 || (slots[id & mask] !== undefined && skipped++ < slots.length)) {
      id = (id + 1) >>> 0;
    }
    this.#lastId = id;
    call.id = id;
    this.#put(call);
  }

  /** Puts a call in under the id it has. False when that id is under way already. */
  add(call: C): boolean {
    if (this.has(call.id)) return false;
    this.#makeRoom();
    this.#put(call);
    return true;
  }

  /** True while a call with this id is under way. */
  has(id: number): boolean {
    return this.#slots[id & (this.#slots.length - 1)]?.id === id || this.#overflow.has(id);
  }

  /** The call with this id, left where it is. */
  get(id: number): C | undefined {
    const call = this.#slots[id & (this.#slots.length - 1)];
    return call?.id === id ? call : this.#overflow.get(id);
  }

  /** Takes a call out; `undefined` when none has this id. */
  take(id: number): C | undefined {
    const index = id & (this.#slots.length - 1);
    let call = this.#slots[index];
    if (call !== undefined && call.id === id) {
      this.#slots[index] = undefined;
    } else {
      if (this.#overflow.size === 0) return undefined;
      call = this.#overflow.get(id);
      if (call === undefined) return undefined;
      this.#overflow.delete(id);
    }
    this.#size--;
    return call;
  }

  /** Takes out every call for which `which` holds; all when it is left out. */
  takeAll(which: (id: number) => boolean = () => true): C[] {
    const calls = [...this.#slots, ...this.#overflow.values()].filter(
      (call) => call !== undefined && which(call.id),
    ) as C[];
    for (const call of calls) this.take(call.id);
    return calls;
  }

  #put(call: C): void {
    const index = call.id & (this.#slots.length - 1);
    if (this.#slots[index] === undefined) this.#slots[index] = call;
    else this.#overflow.set(call.id, call);
    this.#size++;
  }

  /** At least half of the slots are free, up to a million calls. */
  #makeRoom(): void {
    if (this.#size * 2 < this.#slots.length || this.#slots.length >= MAX_SIZE) return;
    const calls = [...this.#slots, ...this.#overflow.values()];
    this.#slots = emptySlots(this.#slots.length * 2);
    this.#overflow.clear();
    this.#size = 0;
    for (const call of calls) if (call !== undefined) this.#put(call);
  }
}

function emptySlots<C>(size: number): (C | undefined)[] {
  return new Array<C | undefined>(size).fill(undefined);
}
