import type { SimulatedNetwork } from './simulated-network.ts';
import type { SimulatedProcess } from './virtual-time.ts';

/** One end of a connection. */
export interface End {
  readonly process: SimulatedProcess;
  received(chunk: Buffer): void;
  /** The peer has ended the connection, or it was cut. */
  closed(): void;
}

/** One direction of a connection. */
export class Lane {
  readonly #network: SimulatedNetwork;
  readonly #to: () => End | null;
  /** No packet arrives before the one that was sent before it. */
  #freeAt = 0;
  #isHeld = false;
  #isBroken = false;
  #heldBack: (() => void)[] = [];
  #heldBytes = 0;
  #bytesUntilCut: { left: number; cut: () => void } | null = null;

  constructor(network: SimulatedNetwork, to: () => End | null) {
    this.#network = network;
    this.#to = to;
  }

  /** Bytes that do not get on. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  send(bytes: Uint8Array): void {
    const { dice, weather } = this.#network;
    const parts = Buffer.from(bytes);
    const at = dice.chance(weather.splitPercent) ? dice.below(parts.length) : 0;
    for (const part of [parts.subarray(0, at), parts.subarray(at)]) {
      if (part.length > 0) this.#sendPart(part);
    }
  }

  /** Tells the other end, behind all that was sent, that there is no more. */
  end(): void {
    this.#transmit(0, () => {
      this.#isBroken = true;
      const end = this.#to();
      end?.process.receive(() => end.closed());
    });
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    const heldBack = this.#heldBack;
    this.#heldBack = [];
    this.#heldBytes = 0;
    for (const send of heldBack) send();
  }

  /** Loses what is under way, and all that is sent from now on. */
  break(): void {
    this.#isBroken = true;
    this.#heldBack = [];
  }

  /** Lets so many more bytes arrive. */
  cutAfter(bytes: number, cut: () => void): void {
    this.#bytesUntilCut = { left: bytes, cut };
  }

  #sendPart(part: Buffer): void {
    this.#transmit(part.length, () => {
      const limit = this.#bytesUntilCut;
      const arriving = limit === null ? part : part.subarray(0, limit.left);
      const end = this.#to();
      if (arriving.length > 0) end?.process.receive(() => end.received(arriving));
      if (limit === null) return;
      limit.left -= arriving.length;
      if (limit.left > 0) return;
      this.#isBroken = true;
      limit.cut();
    });
  }

  #transmit(bytes: number, arrive: () => void): void {
    if (this.#isBroken) return;
    if (this.#isHeld) {
      this.#heldBytes += bytes;
      this.#heldBack.push(() => this.#transmit(bytes, arrive));
      return;
    }
    const { time } = this.#network;
    this.#freeAt = Math.max(this.#freeAt, time.now + this.#network.delay());
    time.after(this.#freeAt - time.now, () => {
      if (!this.#isBroken) arrive();
    });
  }
}
