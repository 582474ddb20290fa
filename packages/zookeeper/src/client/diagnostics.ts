import { channel } from 'node:diagnostics_channel';
import type { OperationObserver } from './calls/operation-meter.ts';
import type { SessionState } from './session/session-state.ts';

/** Published on `mpim:zookeeper:operation` when a call has its answer or has failed. */
export interface OperationMessage {
  /** Such as `get`. */
  readonly operation: string;
  /** As the caller named it; empty where there is none. */
  readonly path: string;
  /** Ms from the call to its end, waiting for a connection included. */
  readonly durationMs: number;
  /** What it failed with. */
  readonly error: unknown;
}

/** Published on `mpim:zookeeper:state` when a client moves to another state. */
export interface StateMessage {
  readonly state: SessionState;
  /** Of the current or the last session; 0 before the first. */
  readonly sessionId: bigint;
}

const operations = channel('mpim:zookeeper:operation');
const states = channel('mpim:zookeeper:state');

/** Reports the end of a call to the meter, if there is one, and to whoever listens; nobody listening costs two comparisons. */
export function observed<R>(
  operation: string,
  path: string,
  result: Promise<R>,
  meter: OperationObserver | null,
): Promise<R> {
  if (meter === null && !operations.hasSubscribers) return result;
  const began = performance.now();
  const report = (error: unknown) => {
    const durationMs = performance.now() - began;
    meter?.record(operation, durationMs, error);
    if (!operations.hasSubscribers) return;
    const message: OperationMessage = { operation, path, durationMs, error };
    operations.publish(message);
  };
  result.then(() => report(undefined), report);
  return result;
}

/** Reports a change of state to whoever listens. */
export function publishState(state: SessionState, sessionId: bigint): void {
  if (!states.hasSubscribers) return;
  const message: StateMessage = { state, sessionId };
  states.publish(message);
}
