import { RpcError, type StatusCode } from '../errors.ts';
import type { Clock, ClockTimer } from '../time/clock.ts';

/** When an instance is left out for a while. Defaults: Envoy's `outlier_detection`. */
export interface OutlierOptions {
  /** Bad answers in a row (see {@link isHostFault}) after which an instance is ejected. Default 5; Infinity: never. */
  consecutiveFailures: number;
  /** Failed connections in a row, counted apart from bad answers. Default 5; Infinity: never. */
  consecutiveLocalFailures: number;
  /** Interval at which ejected instances may come back, in ms. Default 10,000. */
  sweepMs: number;
  /** Length of an ejection, times the number of ejections so far, in ms. Default 30,000. */
  baseEjectionMs: number;
  /** The longest ejection, in ms. Default 300,000. */
  maxEjectionMs: number;
  /** The share of a service's instances that may be ejected at once; one always may. Default 0.1. */
  maxEjectedShare: number;
  /**
   * At each sweep an instance is ejected whose share of good answers is so many standard deviations below the mean of
   * its service's instances. Default 1.9; Infinity: never.
   */
  successRateDeviations: number;
  /** Instances with enough calls for that, at least. Default 5. */
  successRateMinHosts: number;
  /** Calls of an instance since the last sweep that are enough. Default 100. */
  successRateMinCalls: number;
}

/** See {@link OutlierOptions}. */
export const OUTLIER_DEFAULTS: OutlierOptions = {
  consecutiveFailures: 5,
  consecutiveLocalFailures: 5,
  sweepMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectedShare: 0.1,
  successRateDeviations: 1.9,
  successRateMinHosts: 5,
  successRateMinCalls: 100,
};

/** Who can find out how an address does without a call having to. */
export interface HostOwner {
  /** The time of its ejection is over: may it be called again? Never rejects. */
  prove(): Promise<boolean>;
}

/** How one address does, as seen by one channel. Written by its {@link OutlierDetector} alone, `group` excepted. */
export class HostHealth {
  readonly owner: HostOwner | undefined;
  /** The addresses of the same service, this one included: what the largest share is a share of. */
  group: readonly HostHealth[] = [this];
  /** Bad answers since the last good one. */
  remoteFailures = 0;
  /** Failed connections since the last answer. */
  localFailures = 0;
  /** Answers since the last sweep, and the good ones of them. */
  answers = 0;
  goodAnswers = 0;
  /** Ejections that still count towards the length of the next. */
  timesEjected = 0;
  /** Monotonic ms of the last ejection. */
  ejectedAt = 0;
  /** Left out since `ejectedAt`. */
  ejected = false;
  /** Calls wait for it and it says nothing, not even to a ping. */
  stalled = false;
  /** The time of its ejection is over, and its owner finds out whether it may return. */
  isBeingProven = false;
  /** No connection could be made, or it broke, and none was made since. */
  unreachable = false;

  constructor(owner?: HostOwner) {
    this.owner = owner;
  }

  /** True while calls should go elsewhere. */
  get avoided(): boolean {
    return this.ejected || this.stalled || this.unreachable;
  }
}

/**
 * Ejects addresses that keep failing, and lets them come back. A good answer costs the look at a few counters; a timer
 * runs only while there are answers or an ejection is remembered.
 */
export class OutlierDetector {
  readonly #options: OutlierOptions;
  readonly #clock: Clock;
  readonly #remembered = new Set<HostHealth>();
  /** Those that have answered since the last sweep. */
  readonly #answering = new Set<HostHealth>();
  readonly #onSweep = (): void => this.#sweep();
  #timer: ClockTimer | undefined;
  #version = 0;
  #ejections = 0;
  #stalls = 0;
  #isStopped = false;

  constructor(options: OutlierOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Grows whenever {@link HostHealth.avoided} of any address changes. */
  get version(): number {
    return this.#version;
  }

  /** Ejections so far. */
  get ejections(): number {
    return this.#ejections;
  }

  /** Addresses that were found stalled so far. */
  get stalls(): number {
    return this.#stalls;
  }

  /** The address answered as it should. */
  succeeded(host: HostHealth): void {
    if (host.remoteFailures !== 0) host.remoteFailures = 0;
    if (host.localFailures !== 0) host.localFailures = 0;
    host.goodAnswers++;
    if (host.answers++ === 0) this.#count(host);
  }

  /** The address answered with a fault of its own, or not in time. */
  answeredBadly(host: HostHealth): void {
    if (host.answers++ === 0) this.#count(host);
    if (++host.remoteFailures < this.#options.consecutiveFailures) return;
    host.remoteFailures = 0;
    this.#eject(host);
  }

  /** A call to the address ended with this error: its own fault, the caller's, or nobody's. */
  judge(host: HostHealth, error: unknown): void {
    if (!(error instanceof RpcError) || error.code === 'CANCELLED') return;
    if (isHostFault(error.code)) this.answeredBadly(host);
    else this.succeeded(host);
  }

  /** A connection to the address could not be made, or broke. */
  connectionFailed(host: HostHealth): void {
    if (++host.localFailures < this.#options.consecutiveLocalFailures) return;
    host.localFailures = 0;
    this.#eject(host);
  }

  /** The address went silent under its calls, or spoke again. */
  setStalled(host: HostHealth, stalled: boolean): void {
    if (host.stalled === stalled) return;
    host.stalled = stalled;
    this.#version++;
    if (stalled) this.#stalls++;
  }

  /** The address cannot be reached, or can be again. */
  setUnreachable(host: HostHealth, unreachable: boolean): void {
    if (host.unreachable === unreachable) return;
    host.unreachable = unreachable;
    this.#version++;
  }

  /** Lets every method that is called look anew at whom it leaves out: {@link Endpoint.missed}. */
  lookAgain(): void {
    this.#version++;
  }

  /** Another process has this address now: nothing of the earlier one is remembered. */
  forget(host: HostHealth): void {
    host.remoteFailures = 0;
    host.localFailures = 0;
    host.timesEjected = 0;
    this.#remembered.delete(host);
    this.setUnreachable(host, false);
    if (host.ejected) {
      host.ejected = false;
      this.#version++;
    }
  }

  /** Ends the timer. */
  stop(): void {
    this.#timer?.cancel();
    this.#isStopped = true;
    this.#remembered.clear();
    this.#answering.clear();
  }

  #eject(host: HostHealth): void {
    if (host.ejected) return;
    const { group } = host;
    const allowed = Math.max(1, Math.floor(group.length * this.#options.maxEjectedShare));
    let ejected = 0;
    for (const other of group) if (other.ejected) ejected++;
    if (ejected >= allowed) return;
    host.ejected = true;
    host.ejectedAt = this.#clock.monotonic();
    host.timesEjected++;
    this.#ejections++;
    this.#version++;
    this.#remembered.add(host);
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = this.#clock.setTimeout(this.#onSweep, this.#options.sweepMs);
    this.#timer.unref();
  }

  /** Envoy: `DetectorImpl::onIntervalTimer`. An interval without ejection makes the next ejection shorter again. */
  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const host of this.#remembered) {
      if (host.ejected) {
        const { baseEjectionMs, maxEjectionMs } = this.#options;
        if (now - host.ejectedAt < Math.min(baseEjectionMs * host.timesEjected, maxEjectionMs)) {
          continue;
        }
        this.#prove(host);
      } else if (--host.timesEjected === 0) {
        this.#remembered.delete(host);
      }
    }
    this.#ejectBySuccessRate();
    if (this.#remembered.size > 0) this.#arm();
  }

  #count(host: HostHealth): void {
    this.#answering.add(host);
    this.#arm();
  }

  /** Envoy: `DetectorImpl::processSuccessRateEjections`. Those who do much worse than the others of their service. */
  #ejectBySuccessRate(): void {
    const { successRateDeviations, successRateMinHosts, successRateMinCalls } = this.#options;
    const groups = new Map<readonly HostHealth[], { host: HostHealth; rate: number }[]>();
    for (const host of this.#answering) {
      if (host.answers >= successRateMinCalls && !host.ejected) {
        const rates = groups.get(host.group) ?? [];
        rates.push({ host, rate: host.goodAnswers / host.answers });
        groups.set(host.group, rates);
      }
      host.answers = 0;
      host.goodAnswers = 0;
    }
    this.#answering.clear();
    for (const rates of groups.values()) {
      if (rates.length < successRateMinHosts) continue;
      const mean = average(rates.map(({ rate }) => rate));
      const deviation = Math.sqrt(average(rates.map(({ rate }) => (rate - mean) ** 2)));
      if (deviation === 0) continue;
      const least = mean - successRateDeviations * deviation;
      for (const { host, rate } of rates) if (rate < least) this.#eject(host);
    }
  }

  /** Lets an address return, once it is proven to do well; otherwise it stays out for as long again. */
  #prove(host: HostHealth): void {
    if (host.isBeingProven) return;
    if (host.owner === undefined) {
      this.#letReturn(host);
      return;
    }
    host.isBeingProven = true;
    host.owner.prove().then((isWell) => {
      host.isBeingProven = false;
      if (!host.ejected) return;
      if (isWell) this.#letReturn(host);
      else host.ejectedAt = this.#clock.monotonic();
    });
  }

  #letReturn(host: HostHealth): void {
    host.ejected = false;
    host.remoteFailures = 0;
    host.localFailures = 0;
    this.#version++;
  }
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** True for answers that speak against the instance rather than the request (Envoy: 5xx). */
export function isHostFault(code: StatusCode): boolean {
  return (
    code === 'UNAVAILABLE' ||
    code === 'INTERNAL' ||
    code === 'UNKNOWN' ||
    code === 'DATA_LOSS' ||
    code === 'DEADLINE_EXCEEDED'
  );
}
