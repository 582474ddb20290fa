import type { Backlog } from './backlog.ts';
import type { PendingCall } from './call.ts';

/** Fewer are not worth a search. */
const FIRST_SEARCH = 1024;

/** Calls that wait for a connection, in order. Those whose callers have given up meanwhile do not pile up. */
export class WaitingCalls {
  readonly #backlog: Backlog;
  readonly #maxPacketBytes: number;
  #calls: PendingCall[] = [];
  #searchAt = FIRST_SEARCH;

  constructor(backlog: Backlog, maxPacketBytes: number) {
    this.#backlog = backlog;
    this.#maxPacketBytes = maxPacketBytes;
  }

  get length(): number {
    return this.#calls.length;
  }

  /** Takes a call up, in the form in which it will be sent. Throws `BAD_ARGUMENTS` if it cannot be. */
  push(call: PendingCall): void {
    call.freeze(this.#maxPacketBytes);
    if (this.#calls.length >= this.#searchAt) this.#dropSettled();
    this.#calls.push(call);
    this.#backlog.add(call.bytes);
  }

  /** Empties the queue and returns what somebody still waits for, oldest first. */
  takeAll(): PendingCall[] {
    const taken = this.#calls;
    this.#calls = [];
    this.#searchAt = FIRST_SEARCH;
    for (const { bytes } of taken) this.#backlog.remove(bytes);
    return taken.filter((call) => !call.settled);
  }

  #dropSettled(): void {
    const kept: PendingCall[] = [];
    for (const call of this.#calls) {
      if (call.settled) this.#backlog.remove(call.bytes);
      else kept.push(call);
    }
    this.#calls = kept;
    this.#searchAt = Math.max(FIRST_SEARCH, kept.length * 2);
  }
}
