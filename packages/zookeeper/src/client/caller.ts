import { Call, type OnAnswer } from './calls/call.ts';
import type { CallOptions } from './calls/call-options.ts';
import { limited } from './calls/limited.ts';
import type { OperationObserver } from './calls/operation-meter.ts';
import type { Clock } from './clock.ts';
import { observed } from './diagnostics.ts';
import type { Chroot } from './operations/chroot.ts';
import type { Operation } from './operations/operation.ts';
import type { Session } from './session/session.ts';
import type { SessionWatches } from './session/session-watches.ts';

/** Makes the calls of one client or view: in its session, with its paths, limited and measured as its options say. */
export class Caller {
  readonly paths: Chroot;
  /** Of the session: views share them. */
  readonly watches: SessionWatches;
  readonly clock: Clock;
  readonly meter: OperationObserver | null;
  readonly #session: Session;

  constructor(
    session: Session,
    { paths, clock, meter }: { paths: Chroot; clock: Clock; meter: OperationObserver | null },
  ) {
    this.#session = session;
    this.paths = paths;
    this.watches = session.watches;
    this.clock = clock;
    this.meter = meter;
  }

  /** The same for the tree below a path. */
  below(paths: Chroot): Caller {
    return new Caller(this.#session, { paths, clock: this.clock, meter: this.meter });
  }

  /** Makes one call, with options that were checked; `path` is for messages. */
  call<Q, R>(
    operation: Operation<Q, R>,
    body: Q,
    path: string,
    options: CallOptions,
    onAnswer?: OnAnswer,
  ): Promise<R> {
    options.signal?.throwIfAborted();
    const call = new Call(operation, body, path, onAnswer);
    this.#session.submit(call);
    return observed(operation.name, path, limited(call, options, this.clock), this.meter);
  }
}
