import assert from 'node:assert/strict';
import { type SimulationReport, simulate } from './simulate.ts';

const REPLAY = 'node --test packages/zookeeper-server/test/simulator/simulation.test.ts';

/** What many simulations have come to. */
export interface SeedsReport {
  readonly seeds: number;
  readonly calls: number;
  readonly answered: number;
  readonly watchEvents: number;
  readonly locks: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly refused: number;
  readonly harmless: number;
  readonly inlineWrites: number;
  readonly otherWrites: number;
  readonly virtualMs: number;
}

/**
 * Simulates one seed after the other and fails at the first one whose promises were not kept, saying how to see
 * it again. `SIM_SEED` chooses one seed, with `SIM_SEEDS` where they begin; `SIM_SEEDS` chooses how many.
 */
export async function runSeeds(first: number, count: number): Promise<SeedsReport> {
  const { SIM_SEED, SIM_SEEDS } = process.env;
  const from = Number(SIM_SEED ?? first);
  const seeds = Number(SIM_SEEDS ?? (SIM_SEED === undefined ? count : 1));
  const faults = new Map<string, number>();
  const sums = {
    calls: 0,
    answered: 0,
    watchEvents: 0,
    locks: 0,
    inlineWrites: 0,
    otherWrites: 0,
    virtualMs: 0,
  };
  const damaged = { refused: 0, harmless: 0 };
  for (let seed = from; seed < from + seeds; seed++) {
    const report = await simulate(seed);
    assertKept(report);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
    damaged.refused += report.damaged.refused;
    damaged.harmless += report.damaged.harmless;
    for (const [kind, times] of report.faults) faults.set(kind, (faults.get(kind) ?? 0) + times);
  }
  return { seeds, ...sums, ...damaged, faults };
}

function assertKept({ seed, violations, faults }: SimulationReport): void {
  if (violations.length === 0) return;
  const injected = [...faults].map(([kind, times]) => `${kind} × ${times}`).join(', ');
  assert.fail(
    `seed ${seed} (${injected}):\n${violations.join('\n')}\nSee it again: SIM_SEED=${seed} ${REPLAY}`,
  );
}
