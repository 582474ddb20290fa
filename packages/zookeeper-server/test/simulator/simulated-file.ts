import type { Dice } from '../support/dice.ts';

const SECTOR_BYTES = 512;

/** A change of a file's content. */
export type FileChange =
  | { readonly kind: 'write'; readonly bytes: Buffer; readonly position: number }
  /** Cuts the file, or makes it longer. */
  | { readonly kind: 'cut'; readonly bytes: number };

/** A file: what readers see, and what is on the platter. */
export class SimulatedFile {
  /** With every change that was made. */
  content: Buffer = Buffer.alloc(0);
  /** With every change that is safe. */
  #durable: Buffer = Buffer.alloc(0);
  /** What is not on the platter for sure, in order. */
  #unsynced: FileChange[] = [];

  /** Makes a change that readers see at once. */
  change(change: FileChange): void {
    this.content = changed(this.content, change);
    this.#unsynced.push(change);
  }

  /**
   * A change of which the system has said that it failed: readers see it, but no later sync will make it safe, since
   * the system takes it for done with.
   */
  failed(change: FileChange): void {
    this.content = changed(this.content, change);
  }

  /** One change has reached the platter. */
  settled(change: FileChange): void {
    if (!this.#unsynced.includes(change)) return;
    this.#durable = changed(this.#durable, change);
    this.#unsynced = this.#unsynced.filter((each) => each !== change);
  }

  sync(): void {
    for (const change of this.#unsynced) this.#durable = changed(this.#durable, change);
    this.#unsynced = [];
  }

  /** A sync that failed: some changes are safe, and the system forgets that the others are not. */
  failSync(dice: Dice): void {
    for (const change of this.#unsynced) {
      if (dice.chance(50)) this.#durable = changed(this.#durable, change);
    }
    this.#unsynced = [];
  }

  /** Leaves what a power failure leaves. */
  losePower(dice: Dice): void {
    for (const change of this.#unsynced) this.#durable = torn(this.#durable, change, dice);
    this.#unsynced = [];
    this.content = Buffer.from(this.#durable);
  }

  /** Turns a bit over, on the platter and for readers. */
  flip(offset: number, bit: number): void {
    for (const bytes of new Set([this.content, this.#durable])) {
      if (offset < bytes.length) bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset);
    }
  }
}

/** What is left of a change in disorder: of a write, some of its sectors. */
function torn(content: Buffer, change: FileChange, dice: Dice): Buffer {
  const fate = dice.below(3);
  if (fate === 0) return content;
  if (fate === 1 || change.kind === 'cut') return changed(content, change);
  const { bytes, position } = change;
  let result = content;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
    if (dice.chance(50)) {
      const sector = bytes.subarray(at, end);
      result = changed(result, { kind: 'write', bytes: sector, position: position + at });
    }
    at = end;
  }
  return result;
}

/** The content with the change made, in place if it is long enough; zeros fill what was never written. */
function changed(content: Buffer, change: FileChange): Buffer {
  if (change.kind === 'cut') {
    const result = Buffer.alloc(change.bytes);
    content.copy(result);
    return result;
  }
  const { bytes, position } = change;
  let result = content;
  if (position + bytes.length > content.length) {
    result = Buffer.alloc(position + bytes.length);
    content.copy(result);
  }
  result.set(bytes, position);
  return result;
}
