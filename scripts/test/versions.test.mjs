import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

const read = (...path) => readFileSync(join(root, ...path), 'utf8');
const ROOMS = ['packages', 'services', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
);
const { version } = JSON.parse(read('package.json'));

test('all packages have one version, and need each other in that version', () => {
  for (const room of [...ROOMS, 'bench']) {
    const manifest = JSON.parse(read(room, 'package.json'));
    assert.equal(manifest.version, version, room);
    const needs = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const ours = needs.filter(([name]) => name === 'mpim' || name.startsWith('@mpim/'));
    for (const [name, needed] of ours) assert.equal(needed, version, `${name}, of ${room}`);
  }
});

test('so has what they say of themselves', () => {
  const command = /\.version\('(.*)'\)/.exec(read('apps/mpim/src/run-main.ts'));
  assert.equal(command?.[1], version);
  const settings = read('packages/service-kit/src/settings/common-settings.ts');
  assert.equal(/ version: z\.string\(\)\.default\('(.*?)'\)/.exec(settings)?.[1], version);
});

test('and the tarballs that the pages name', () => {
  const pages = ['docs/release.md', ...ROOMS.map((room) => `${room}/README.md`)];
  const named = pages.flatMap((page) => [...read(page).matchAll(/mpim-[a-z-]+-(\d.*?)\.tgz/g)]);
  assert.ok(named.length > 6);
  for (const [tarball, of] of named) assert.equal(of, version, tarball);
});
