import type { InstanceCandidate } from './bound-method.ts';
import type { CallOptions } from './client.ts';

/** The choices of one call that its attempts share. */
export interface CallTarget {
  readonly instance: string | undefined;
  readonly hashKey: string | undefined;
  /** Nobody to call, or nobody reachable: wait for somebody instead of failing. */
  readonly waitForReady: boolean;
  /** Instances that other attempts of a hedged call have taken; each adds its own. */
  readonly taken: InstanceCandidate[] | undefined;
}

/** The choices in a call's options; `undefined` when there are none. */
export function callTarget(
  { instance, hashKey, waitForReady = false }: CallOptions,
  taken?: InstanceCandidate[],
): CallTarget | undefined {
  if (instance === undefined && hashKey === undefined && !waitForReady && taken === undefined) {
    return undefined;
  }
  return { instance, hashKey, waitForReady, taken };
}
