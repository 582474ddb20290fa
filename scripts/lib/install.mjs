import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { npm } from './npm.mjs';
import { root } from './paths.mjs';

const DEPENDENCY_KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'];

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Whether a package.json asks for exactly what the lock file recorded for it. */
function manifestIsLocked(folder, locked) {
  const manifest = readJson(join(folder, 'package.json'));
  return DEPENDENCY_KINDS.every((kind) => {
    const wanted = Object.entries(manifest[kind] ?? {}).sort();
    const recorded = Object.entries(locked[kind] ?? {}).sort();
    return JSON.stringify(wanted) === JSON.stringify(recorded);
  });
}

/**
 * What stands between the checkout and a complete installation: `'nothing'`, `'stale'` or `'missing'`.
 * Judged by npm's own record of what it installed (`node_modules/.package-lock.json`), so an `npm install`
 * by hand counts as well.
 */
export function installationGap(base = root) {
  const record = join(base, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return 'missing';
  const wanted = readJson(join(base, 'package-lock.json')).packages;
  const installed = readJson(record).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path.includes('node_modules/')) {
      const found = installed[path];
      const mayBeAbsent = entry.optional || entry.devOptional || entry.peer;
      if (found ? found.version !== entry.version : !mayBeAbsent) return 'stale';
    } else {
      const folder = join(base, path);
      if (existsSync(join(folder, 'package.json')) && !manifestIsLocked(folder, entry)) {
        return 'stale';
      }
    }
  }
  return 'nothing';
}

/**
 * Installs the dependencies when they are missing or out of date, telling so on stderr: stdout belongs to what runs
 * afterwards. Throws a Failure with npm's own words.
 */
export async function ensureInstalled() {
  const gap = installationGap();
  if (gap === 'nothing') return;
  const began = Date.now();
  console.error(
    gap === 'missing'
      ? 'Installing dependencies (once; a minute or so) ...'
      : 'Updating dependencies to match package-lock.json ...',
  );
  const onTick = (seconds) => console.error(`  still installing (${seconds} s)`);
  let result = gap === 'missing' ? await npm(['ci'], { onTick }) : undefined;
  if (result?.code !== 0) {
    const first = result;
    result = await npm(['install'], { onTick });
    if (result.code !== 0) {
      throw new Failure(
        `${(first?.output ?? '') + result.output}\n` +
          'Dependencies could not be installed; npm says why above. ' +
          'Check the network or the registry setting (npm config get registry) and start again.',
      );
    }
  }
  console.error(`  installed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}
