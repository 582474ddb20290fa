import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing, with mode 0700. One by one: Node's own recursive mkdir never
 * returns where the file system answers that a folder cannot be made below one that exists, as /proc does.
 */
export function makeFolders(path: string): void {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolders(dirname(absolute));
  mkdirSync(absolute, { mode: 0o700 });
}
