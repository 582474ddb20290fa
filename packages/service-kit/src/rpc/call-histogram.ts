import type { StatusCode } from '@mpim/mprpc';
import { Histogram, type Registry } from 'prom-client';

/** Seconds; from a cached lookup to the default deadline. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const LABELS = ['rpc_service', 'rpc_method', 'code'] as const;

type Label = (typeof LABELS)[number];
type Labels = Readonly<Record<Label, string>>;

/** One line of the exposition, as prom-client's registry and `get()` take it. */
interface Line {
  readonly metricName: string;
  readonly labels: { readonly le?: number | '+Inf' };
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** The calls of one method that ended with one code. */
class CallSeries {
  readonly #labels: Labels;
  /** Calls by the first bucket they fit into; the last is for those that fit into none. */
  readonly #counts = new Float64Array(BUCKETS.length + 1);
  #seconds = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  add(seconds: number): void {
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#seconds += seconds;
  }

  /** As Prometheus wants it: each bucket with all smaller ones in it. */
  lines(name: string): Line[] {
    const sharedLabels = this.#labels;
    const lines: Line[] = [];
    let count = 0;
    for (const [bucket, inBucket] of this.#counts.entries()) {
      count += inBucket;
      const le = BUCKETS[bucket] ?? '+Inf';
      lines.push({ metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count });
    }
    lines.push({ metricName: `${name}_sum`, labels: {}, sharedLabels, value: this.#seconds });
    lines.push({ metricName: `${name}_count`, labels: {}, sharedLabels, value: count });
    return lines;
  }
}

/**
 * A histogram of calls by method and code. prom-client's own looks its series up by label, hashes and checks
 * them at every observation, which takes longer than the rest of a call (`bench rpc`); this one adds to a number.
 */
export class CallHistogram extends Histogram<Label> {
  readonly #name: string;
  readonly #help: string;
  readonly #series: CallSeries[] = [];

  constructor(name: string, help: string, registry: Registry) {
    super({ name, help, labelNames: LABELS, buckets: BUCKETS, registers: [registry] });
    this.#name = name;
    this.#help = help;
  }

  /** Where the calls of one method are counted: by code, in seconds. */
  ofMethod(service: string, method: string): (code: StatusCode, seconds: number) => void {
    const byCode = new Map<StatusCode, CallSeries>();
    const seriesOf = (code: StatusCode): CallSeries => {
      let series = byCode.get(code);
      if (series === undefined) {
        series = new CallSeries({ rpc_service: service, rpc_method: method, code });
        byCode.set(code, series);
        this.#series.push(series);
      }
      return series;
    };
    let ok: CallSeries | undefined;
    return (code, seconds) => {
      if (code === 'OK') {
        ok ??= seriesOf(code);
        ok.add(seconds);
      } else {
        seriesOf(code).add(seconds);
      }
    };
  }

  /** What prom-client asks a histogram for, be it to print it or for `get()`. */
  async getForPromString() {
    return {
      name: this.#name,
      help: this.#help,
      type: 'histogram',
      aggregator: 'sum',
      values: this.#series.flatMap((series) => series.lines(this.#name)),
    };
  }
}
