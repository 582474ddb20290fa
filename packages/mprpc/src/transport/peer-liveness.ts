/** What is to be done about a peer: nothing, ping it, or give it up. */
export type LivenessVerdict = 'alive' | 'ping' | 'silent';

/**
 * Tells from what arrives, and from what the peer takes in, whether it still lives. Two questions are asked at their own
 * steady intervals: {@link check} for every connection, {@link probe} only while answers are awaited.
 */
export class PeerLiveness {
  #heardSinceCheck = true;
  #isPinged = false;
  #lastBuffered = 0;
  #heardSinceProbe = true;
  #silentProbes = 0;

  /** Something arrived. */
  heard(): void {
    this.#heardSinceCheck = true;
    this.#heardSinceProbe = true;
  }

  /** True when something arrived since the last {@link check}. */
  get wasHeard(): boolean {
    return this.#heardSinceCheck;
  }

  /** A peer silent for a whole interval is to be pinged, one that stays silent for another is dead. */
  check(bufferedBytes: number): LivenessVerdict {
    // A peer that takes in what was written lives, even when reading from it is paused.
    if (bufferedBytes < this.#lastBuffered) this.#heardSinceCheck = true;
    this.#lastBuffered = bufferedBytes;
    if (this.#heardSinceCheck) {
      this.#heardSinceCheck = false;
      this.#isPinged = false;
      return 'alive';
    }
    if (this.#isPinged) return 'silent';
    this.#isPinged = true;
    return 'ping';
  }

  /** How many times in a row, this one included, nothing had arrived since the last time. */
  probe(): number {
    if (this.#heardSinceProbe) {
      this.#heardSinceProbe = false;
      this.#silentProbes = 0;
    } else {
      this.#silentProbes++;
    }
    return this.#silentProbes;
  }
}
