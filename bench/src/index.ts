/** @mpim/bench: the parts of a benchmark, for those who add one. */

export { type Bench, type BenchSettings, median, type Row } from './bench.ts';
export { benches } from './registry.ts';
export { describeMachine, jsonReport, type Machine, textReport } from './report.ts';
