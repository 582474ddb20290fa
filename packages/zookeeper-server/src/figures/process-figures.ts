import { readdirSync, readFileSync } from 'node:fs';

const UNKNOWN = -1;

/** File descriptors the process has open; -1 where the system does not tell. */
export function openFileCount(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return UNKNOWN;
  }
}

/** File descriptors the process may have; -1 where the system does not tell. */
export function maxFileCount(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? UNKNOWN : Number(limit);
  } catch {
    return UNKNOWN;
  }
}
