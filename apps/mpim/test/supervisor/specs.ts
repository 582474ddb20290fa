import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildSpec } from '../../src/supervisor/supervised-child.ts';

const fixture = join(import.meta.dirname, 'fixture-child.mjs');

/**
 * A child of the tests' own: `serve` ends politely, `stubborn` only by SIGKILL, `fail` never comes up,
 * `mute` comes up and says nothing.
 */
export function childSpec(
  folder: string,
  name: string,
  behaviour: 'serve' | 'stubborn' | 'fail' | 'mute' = 'serve',
): ChildSpec {
  return {
    name,
    command: process.execPath,
    args: (previous) => [fixture, name, behaviour, previous ? '1' : '0'],
    logFile: join(folder, `${name}.log`),
    backOff: { firstMs: 20, maxMs: 40 },
  };
}

/** What a child has written to its log. */
export function logOf(spec: ChildSpec): string {
  return readFileSync(spec.logFile, 'utf8');
}
