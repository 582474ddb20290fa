import type { RpcError } from '../errors.ts';
import type { OutlierDetector } from '../resilience/outlier-detector.ts';
import type { RetryBudget } from '../resilience/retry-budget.ts';
import type { Instance } from '../resolver.ts';
import type { Clock, Random } from '../time/clock.ts';
import type { TimerWheel } from '../time/timer-wheel.ts';
import type { BoundMethod, InstanceCandidate } from './bound-method.ts';
import type { CallTarget } from './call-target.ts';

/** A call that looks for an instance. */
export interface SeekingCall {
  readonly method: BoundMethod;
  readonly target: CallTarget | undefined;
  /** True when the call has failed on this instance already. */
  hasTried(candidate: InstanceCandidate): boolean;
}

/** A call that neither a connection nor an endpoint knows of. */
export interface ParkedCall {
  /** The channel closes. */
  close(): void;
}

/** What a call needs of its channel. */
export interface CallHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  readonly outliers: OutlierDetector;
  readonly budget: RetryBudget;
  /** Finds out who provides the method, without a promise when that is known. */
  resolve(method: BoundMethod): readonly Instance[] | Promise<readonly Instance[]>;
  /** Chooses an instance; `undefined` when there is none for the call. */
  pick(call: SeekingCall, instances: readonly Instance[]): InstanceCandidate | undefined;
  /** See `RpcChannelOptions.translateError`. */
  readonly translateError: ((error: RpcError) => RpcError) | undefined;
  /** The channel is closed: no further attempts. */
  readonly closed: boolean;
  /** For the channel to find when it closes. */
  readonly parked: Set<ParkedCall>;
}
