import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Failure } from './failure.mjs';
import { filesBelow } from './files.mjs';
import { packagePages } from './pages.mjs';
import { root } from './paths.mjs';
import { publishedManifest } from './published-manifest.mjs';

/** What else goes into a package: folders of the repository, and where they are found in it. */
const EXTRAS = { mpim: [{ from: 'apps/web/dist', to: 'web' }] };
const SPECIFIER = /((?:\bfrom|\bimport)\s*\(?\s*["']\.{1,2}\/[^"']*)\.ts(["'])/g;

/**
 * Lays out a package in an empty folder as npm shall pack it: the compiled files in `dist`, the sources that their
 * maps lead to in `src`, the pages, the licence, and a package.json for all that.
 *
 * @param {{ folder: string, manifest: object }} workspace its folder relative to the root, and its package.json
 * @param {string} into the empty folder
 */
export function stage({ folder, manifest }, into) {
  const from = join(root, folder);
  for (const file of filesBelow(join(from, 'src'))) {
    copy(join(from, 'src', file), join(into, 'src', file));
    if (file.endsWith('.ts')) stageCompiled(from, file.replace(/\.ts$/, ''), into);
    else copy(join(from, 'src', file), join(into, 'dist', file));
  }
  for (const file of filesBelow(join(from, 'bin'))) {
    copy(join(from, 'bin', file), join(into, 'bin', file));
  }
  for (const extra of EXTRAS[manifest.name] ?? []) {
    for (const file of filesBelow(join(root, extra.from))) {
      copy(join(root, extra.from, file), join(into, extra.to, file));
    }
  }
  for (const [file, text] of packagePages(root, folder)) write(join(into, file), text);
  copy(join(root, 'LICENSE'), join(into, 'LICENSE'));
  write(join(into, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
}

/** What the compiler made of one source, moved from `dist/src` to `dist`. */
function stageCompiled(from, name, into) {
  const compiled = (ending) => {
    const file = join(from, 'dist', 'src', name + ending);
    if (!existsSync(file)) throw new Failure(`${relative(root, file)} was not built by tsc -b.`);
    return readFileSync(file, 'utf8');
  };
  const staged = (ending) => join(into, 'dist', name + ending);
  write(staged('.js'), compiled('.js'));
  // The compiler leaves the endings of imports in declarations as they are; only it understands them there.
  write(staged('.d.ts'), compiled('.d.ts').replace(SPECIFIER, '$1.js$2'));
  for (const ending of ['.js.map', '.d.ts.map']) {
    const source = relative(dirname(staged(ending)), join(into, 'src', `${name}.ts`));
    const map = { ...JSON.parse(compiled(ending)), sources: [source.replaceAll('\\', '/')] };
    write(staged(ending), JSON.stringify(map));
  }
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
