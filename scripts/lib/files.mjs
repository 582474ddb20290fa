import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', '.git']);

/** Every file below a folder, as sorted paths relative to it with forward slashes; none when the folder is missing. */
export function filesBelow(folder) {
  const found = [];
  const walk = (current) => {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(path);
      } else if (entry.isFile()) {
        found.push(relative(folder, path).replaceAll('\\', '/'));
      }
    }
  };
  if (existsSync(folder)) walk(folder);
  return found.sort();
}
