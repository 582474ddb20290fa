import type { Clock, ClockTimer } from './clock.ts';

/** Something with a deadline. The wheel links its entries through these fields: subclasses leave them alone. */
export abstract class WheelEntry {
  wheelNext: WheelEntry | null = null;
  wheelPrevious: WheelEntry | null = null;
  /** The tick it is due at; -1 while it is in no wheel. */
  wheelTick = -1;

  /** The deadline has passed; the entry is out of the wheel already. */
  abstract onDeadline(): void;
}

class Slot extends WheelEntry {
  override onDeadline(): void {}
}

const TICK_MS = 8;
const SLOTS = 1024;

/**
 * All deadlines of a channel or provider behind one timer: adding and removing cost a few pointer
 * writes, so a call that is answered in time never touches the runtime's timers (`bench rpc`).
 * Deadlines fire up to 8 ms late, never early. The timer runs only while the wheel has entries.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => new Slot());
  readonly #onTick = (): void => this.#advance();
  #size = 0;
  #passed: number;
  #timer: ClockTimer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#passed = Math.floor(clock.monotonic() / TICK_MS);
  }

  /** Entries waiting. */
  get size(): number {
    return this.#size;
  }

  /** Puts an entry in, due at `deadline` in the clock's monotonic milliseconds. */
  add(entry: WheelEntry, deadline: number): void {
    if (this.#timer === null) {
      this.#passed = Math.floor(this.#clock.monotonic() / TICK_MS);
      this.#timer = this.#clock.setTimeout(this.#onTick, TICK_MS);
    }
    const tick = Math.max(Math.ceil(deadline / TICK_MS), this.#passed + 1);
    entry.wheelTick = tick;
    const slot = this.#slots[tick % SLOTS] as Slot;
    entry.wheelPrevious = slot;
    entry.wheelNext = slot.wheelNext;
    if (slot.wheelNext !== null) slot.wheelNext.wheelPrevious = entry;
    slot.wheelNext = entry;
    this.#size++;
  }

  /** Takes an entry out; nothing happens when it is not in. */
  remove(entry: WheelEntry): void {
    const previous = entry.wheelPrevious;
    if (previous === null) return;
    const next = entry.wheelNext;
    previous.wheelNext = next;
    if (next !== null) next.wheelPrevious = previous;
    entry.wheelNext = null;
    entry.wheelPrevious = null;
    entry.wheelTick = -1;
    this.#size--;
  }

  /** Stops the timer. Entries still in it never fire. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #advance(): void {
    this.#timer = null;
    const current = Math.floor(this.#clock.monotonic() / TICK_MS);
    const first = Math.max(this.#passed + 1, current - SLOTS + 1);
    this.#passed = current;
    for (let tick = first; tick <= current; tick++) {
      this.#expire(this.#slots[tick % SLOTS] as Slot, current);
    }
    if (this.#size > 0 && this.#timer === null) {
      this.#timer = this.#clock.setTimeout(this.#onTick, TICK_MS);
    }
  }

  /** Fires what is due in a slot. Entries may add and remove others while they fire, so due ones are unlinked first. */
  #expire(slot: Slot, current: number): void {
    let due: WheelEntry[] | undefined;
    for (let entry = slot.wheelNext; entry !== null; entry = entry.wheelNext) {
      if (entry.wheelTick <= current) {
        due ??= [];
        due.push(entry);
      }
    }
    if (due === undefined) return;
    for (const entry of due) {
      // One that fired before it in this round may have taken it out or put it back with a new deadline.
      if (entry.wheelTick === -1 || entry.wheelTick > current) continue;
      this.remove(entry);
      entry.onDeadline();
    }
  }
}
