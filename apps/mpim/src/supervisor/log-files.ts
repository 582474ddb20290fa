import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';

/** Earlier logs that are kept beside the current one, as `user.log.1` (the youngest) to `user.log.5`. */
const KEPT = 5;

/** Moves a log of an earlier run aside; an empty or missing one stays. */
export function rotateLog(path: string): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  for (let age = KEPT - 1; age >= 1; age--) {
    if (existsSync(`${path}.${age}`)) renameSync(`${path}.${age}`, `${path}.${age + 1}`);
  }
  renameSync(path, `${path}.1`);
}

/** The last lines of a log, for the explanation of why something did not start; empty when there is none. */
export function tailOfLog(path: string, lines = 12): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const length = Math.min(16_384, statSync(path).size);
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, statSync(path).size - length);
    return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(file);
  }
}
