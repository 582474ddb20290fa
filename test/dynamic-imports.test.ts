import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const SOURCES = [
  '{apps,packages,services}/*/{bin,src}/**/*.{ts,tsx,mjs}',
  '{bench,scripts}/**/*.{ts,mjs}',
];

test('what is imported by its path goes by a URL: Windows takes the drive of a path for a protocol', () => {
  const exclude = (name: string) => /(^|\/)(node_modules|dist)(\/|$)/.test(name);
  const files = globSync(SOURCES, { cwd: root, exclude });
  assert.ok(files.includes(join('apps', 'mpim', 'bin', 'mpim.mjs')));
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, argument] of text.matchAll(/\bimport\(([^'"\n].*)/g)) {
      assert.match(argument ?? '', /^pathToFileURL\(.*\)\.href\)/, file);
    }
  }
});
