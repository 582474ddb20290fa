import { HealthDefinition } from '../builtin/health.ts';
import { RpcError } from '../errors.ts';
import { isHostFault } from '../resilience/outlier-detector.ts';
import { RetryBudget } from '../resilience/retry-budget.ts';
import { type BoundMethod, InstanceCandidate } from './bound-method.ts';
import type { CallHost } from './call-host.ts';
import { ClientCall } from './client-call.ts';
import type { Endpoint } from './endpoint.ts';

/** What is asked: `grpc.health.v1.Health/Check`; never repeated, the next probe is soon enough. */
export const HEALTH_CHECK = { ...HealthDefinition.methods.check, options: {} };

/** Asks for the whole process. */
const WHOLE_PROCESS = HEALTH_CHECK.requestType.encode({ service: '' }).finish();

/**
 * Asks one address how it does, over the connection that calls would take. False when it says NOT_SERVING, answers
 * badly or not within `deadlineMs`; an address without a health service does well enough.
 */
export function askHealth(
  host: CallHost,
  method: BoundMethod,
  endpoint: Endpoint,
  deadlineMs: number,
): Promise<boolean> {
  const candidate = new InstanceCandidate(endpoint.instance, endpoint);
  const asking: CallHost = {
    clock: host.clock,
    random: host.random,
    wheel: host.wheel,
    outliers: host.outliers,
    // It is no call of anybody's: neither counted nor repeated.
    budget: new RetryBudget({ share: 0, floor: 0 }),
    resolve: () => [],
    pick: (call) => (call.hasTried(candidate) ? undefined : candidate),
    translateError: undefined,
    closed: host.closed,
    parked: host.parked,
  };
  return new Promise((resolve) => {
    const answered = (response: unknown): void => {
      resolve((response as { status: string }).status !== 'NOT_SERVING');
    };
    const failed = (error: unknown): void => {
      resolve(error instanceof RpcError && error.sent && !isHostFault(error.code));
    };
    new ClientCall(asking, method, WHOLE_PROCESS, undefined, undefined, answered, failed).start(
      deadlineMs,
      undefined,
    );
  });
}
