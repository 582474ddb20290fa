import type { RpcError } from '../errors.ts';
import type { OutlierDetector } from '../resilience/outlier-detector.ts';
import type { RetryBudget } from '../resilience/retry-budget.ts';
import type { Instance } from '../resolver.ts';
import type { Clock, Random } from '../time/clock.ts';
import type { TimerWheel } from '../time/timer-wheel.ts';
import type { BoundMethod, InstanceCandidate } from './bound-method.ts';
import type { ClientCall } from './client-call.ts';

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
  pick(call: ClientCall, instances: readonly Instance[]): InstanceCandidate | undefined;
  /** See `RpcChannelOptions.translateError`. */
  readonly translateError: ((error: RpcError) => RpcError) | undefined;
  /** The channel is closed: no further attempts. */
  readonly closed: boolean;
  /** Calls that neither a connection nor an endpoint knows of, for the channel to find when it closes. */
  readonly parked: Set<ClientCall>;
}
