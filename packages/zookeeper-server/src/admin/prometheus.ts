import { OpCode } from '@mpim/zookeeper/protocol';
import { counters, histograms, mainFigures, summaries } from '../figures/server-figures.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { ServerCore } from '../server-core.ts';

const OP_NAMES = new Map<number, string>(
  Object.entries(OpCode).map(([name, code]) => [code, name]),
);

/**
 * Everything a monitoring system wants, in Prometheus' text format, under the names that ZooKeeper's own provider
 * uses. Times are in ms as theirs, but as histograms.
 */
export function prometheusText(core: ServerCore): string {
  const single = [...mainFigures(core), ...counters(core)].flatMap(({ name, value, kind }) =>
    kind === 'text' ? [] : metric(name, kind === 'counter' ? 'counter' : 'gauge', [['', value]]),
  );
  const summed = summaries(core).flatMap(([name, { count, sum, max }]) => [
    ...metric(name, 'summary', [
      ['_count', count],
      ['_sum', sum],
    ]),
    ...metric(`${name}_max`, 'gauge', [['', max]]),
  ]);
  const times = histograms(core).flatMap(([name, histogram]) => buckets(name, histogram));
  const requests = core.metrics
    .requests()
    .map(([op, count]) => [`{op="${OP_NAMES.get(op) ?? 'unknown'}"}`, count] as const);
  const lines = [...single, ...summed, ...times, ...metric('requests', 'counter', sum(requests))];
  return `${[...lines, ...processLines()].join('\n')}\n`;
}

type Sample = readonly [suffix: string, value: number | string];

function metric(name: string, type: string, samples: readonly Sample[]): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...samples.map(([suffix, value]) => `${name}${suffix} ${value}`),
  ];
}

function buckets(name: string, histogram: Histogram): string[] {
  const counts = histogram.cumulated();
  return metric(name, 'histogram', [
    ...counts.map((count, i): Sample => [`_bucket{le="${histogram.bounds[i] ?? '+Inf'}"}`, count]),
    ['_sum', histogram.sum],
    ['_count', histogram.count],
  ]);
}

/** All kinds that have no name are one. */
function sum(samples: readonly (readonly [string, number])[]): Sample[] {
  const sums = new Map<string, number>();
  for (const [label, count] of samples) sums.set(label, (sums.get(label) ?? 0) + count);
  return [...sums];
}

function processLines(): string[] {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    ...metric('process_resident_memory_bytes', 'gauge', [['', rss]]),
    ...metric('process_cpu_seconds_total', 'counter', [['', (user + system) / 1e6]]),
    ...metric('nodejs_heap_used_bytes', 'gauge', [['', heapUsed]]),
    ...metric('nodejs_array_buffers_bytes', 'gauge', [['', arrayBuffers]]),
  ];
}
