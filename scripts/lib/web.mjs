import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { capture } from './child.mjs';
import { Failure } from './failure.mjs';
import { filesBelow } from './files.mjs';
import { nodeModules, root } from './paths.mjs';

const page = join(root, 'apps', 'web');
const built = join(page, 'dist', 'index.html');
const stamp = join(nodeModules, '.cache', 'mpim', 'web-sources');

/** What the page is built from: its own files, and the packages that go into the bundle. */
const SOURCES = ['apps/web', 'packages/client/src', 'packages/protocol/src'];

function hashOfSources() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const folder of SOURCES) {
    for (const file of filesBelow(join(root, folder))) {
      if (/^(test|README)/.test(file)) continue;
      hash.update(`${folder}/${file}\0`).update(readFileSync(join(root, folder, file)));
    }
  }
  return hash.digest('hex');
}

/** Builds the web page when it was never built or its sources have changed. Throws a Failure with Vite's own words. */
export async function ensureWebBuilt(node) {
  if (!existsSync(join(page, 'index.html'))) return;
  const wanted = hashOfSources();
  if (existsSync(built) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Building the web page ...');
  const vite = join(nodeModules, 'vite', 'bin', 'vite.js');
  const { code, output } = await capture(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: page,
  });
  if (code !== 0) throw new Failure(`${output}\nThe web page (apps/web) could not be built.`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
