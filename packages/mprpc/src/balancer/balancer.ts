import type { Instance } from '../resolver.ts';

/** An instance that may take a call. */
export interface Candidate {
  readonly instance: Instance;
  /** Calls of this channel that its address has not answered yet. */
  readonly inFlight: number;
}

/**
 * Chooses who takes a call. It is given only instances that may take it: those that are backed off or
 * have failed this call before are left out while there are others. Pure choice: no I/O, no waiting.
 */
export interface Balancer {
  /** One of `candidates`, of which there is at least one. */
  pick<C extends Candidate>(candidates: readonly C[]): C;
}
