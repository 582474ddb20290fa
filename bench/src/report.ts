import { cpus, release, totalmem, type } from 'node:os';
import type { Bar, Row } from './bench.ts';

/** Where figures come from. */
export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  node: string;
  os: string;
}

/** This machine. */
export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cores: cores.length,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round((totalmem() / 1024 ** 3) * 10) / 10,
    node: process.version,
    os: `${type()} ${release()}`,
  };
}

/** The report for programs: one object. */
export function jsonReport(bench: string, rows: readonly Row[], bars: readonly Bar[]): string {
  return JSON.stringify({ bench, machine: describeMachine(), rows, bars });
}

/** The report for people: per case one table, subjects downwards, metrics across. No colours, no lines drawn. */
export function textReport(bench: string, rows: readonly Row[], bars: readonly Bar[]): string {
  const { cores, cpu, memoryGiB, node, os } = describeMachine();
  const parts = [`${bench}: ${cores} × ${cpu}, ${memoryGiB} GiB, Node ${node}, ${os}`];
  for (const [name, ofCase] of Map.groupBy(rows, (row) => row.case)) {
    parts.push('', name, ...table(ofCase));
  }
  if (bars.length > 0) parts.push('', 'bars', ...bars.map(barLine));
  return parts.join('\n');
}

function barLine({ name, value, bound, limit, unit, isMet }: Bar): string {
  return `  ${isMet ? 'met    ' : 'not met'}  ${name}: ${value.toFixed(2)} ${unit}, ${bound} ${limit}`;
}

function table(rows: readonly Row[]): string[] {
  const metrics = [...new Set(rows.map((row) => row.metric))];
  const lines = [['', ...metrics]];
  for (const [subject, figures] of Map.groupBy(rows, (row) => row.subject)) {
    const cell = (metric: string): string => {
      const row = figures.find((figure) => figure.metric === metric);
      return row === undefined ? '' : `${format(row)} ${row.unit}`;
    };
    lines.push([subject, ...metrics.map(cell)]);
  }
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((text, i) =>
        i === 0 ? `  ${text.padEnd(widths?.[i] ?? 0)}` : text.padStart((widths?.[i] ?? 0) + 2),
      )
      .join('')
      .trimEnd(),
  );
}

function format({ value }: Row): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
