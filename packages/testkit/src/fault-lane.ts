import type { Socket } from 'node:net';

/** Which way bytes go through a proxy. */
export type Direction = 'to-client' | 'to-server';

/** A link that is slow, each way. */
export interface SlowLink {
  /** Bytes that pass in a second; unlimited unless told. */
  bytesPerSecond?: number;
  /** Ms that each byte is under way; 0 unless told. */
  delayMs?: number;
}

/** What may happen on a lane, asked anew for each chunk: faults come and go while it runs. */
export interface LaneFaults {
  /** Whether nothing passes now. */
  held(): boolean;
  slowness(): SlowLink | undefined;
  /** Takes note of bytes about to pass; returns how many of them may, before the connection is to be cut. */
  allowance(bytes: number): number;
  /** The allowed bytes have been written, and it was not all of them. */
  exhausted(): void;
}

interface Slice {
  readonly bytes: Buffer;
  readonly dueAt: number;
}

/** So much may be under way on a slow link before the sender is made to wait. */
const UNDER_WAY_BYTES = 256 * 1024;
/** A slow link delivers in slices of this much time, so that frames arrive in parts. */
const SLICE_MS = 10;

/** One direction of a connection: carries what it reads on, as the faults allow. */
export class FaultLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: LaneFaults;
  #underWay: Slice[] = [];
  #underWayBytes = 0;
  #linkFreeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #stopped = false;

  constructor(from: Socket, to: Socket, faults: LaneFaults) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => {
      this.#ended = true;
      this.#deliver();
    });
    to.on('drain', () => this.#deliver());
    this.refresh();
  }

  /** The faults have changed. */
  refresh(): void {
    if (this.#faults.slowness() === undefined) {
      this.#underWay = this.#underWay.map(({ bytes }) => ({ bytes, dueAt: 0 }));
      this.#linkFreeAt = 0;
    }
    this.#deliver();
  }

  /** From now on what is read vanishes. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#underWay = [];
    this.#from.resume();
  }

  #take(chunk: Buffer): void {
    if (this.#stopped) return;
    const slowness = this.#faults.slowness();
    if (slowness === undefined) this.#underWay.push({ bytes: chunk, dueAt: 0 });
    else this.#schedule(chunk, slowness);
    this.#underWayBytes += chunk.length;
    this.#deliver();
  }

  #schedule(chunk: Buffer, { bytesPerSecond = Number.POSITIVE_INFINITY, delayMs = 0 }: SlowLink) {
    const sliceBytes = Math.max(1, Math.floor((bytesPerSecond * SLICE_MS) / 1000));
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const bytes = chunk.subarray(at, at + sliceBytes);
      const start = Math.max(this.#linkFreeAt, performance.now());
      this.#linkFreeAt = start + (bytes.length * 1000) / bytesPerSecond;
      this.#underWay.push({ bytes, dueAt: this.#linkFreeAt + delayMs });
    }
  }

  /** Writes what is due, and sees to it that the rest follows. */
  #deliver(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const now = performance.now();
    while (!this.#faults.held() && !this.#to.writableNeedDrain) {
      const next = this.#underWay[0];
      if (next === undefined) {
        if (this.#ended && !this.#to.writableEnded) this.#to.end();
        break;
      }
      if (next.dueAt > now) {
        this.#timer = setTimeout(() => this.#deliver(), next.dueAt - now);
        break;
      }
      this.#underWay.shift();
      this.#underWayBytes -= next.bytes.length;
      this.#write(next.bytes);
      if (this.#stopped) return;
    }
    if (
      this.#faults.held() ||
      this.#underWayBytes > UNDER_WAY_BYTES ||
      this.#to.writableNeedDrain
    ) {
      this.#from.pause();
    } else {
      this.#from.resume();
    }
  }

  #write(bytes: Buffer): void {
    const allowed = this.#faults.allowance(bytes.length);
    if (allowed === bytes.length) {
      this.#to.write(bytes);
      return;
    }
    this.stop();
    // The reset must not overtake the bytes before it.
    this.#to.write(bytes.subarray(0, allowed), () => this.#faults.exhausted());
  }
}
