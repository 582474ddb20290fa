import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishedWorkspaces } from '../lib/pack.mjs';
import { publishedManifest } from '../lib/published-manifest.mjs';

const manifest = {
  name: '@mpim/example',
  version: '1.2.3',
  private: true,
  publishConfig: { access: 'public', engines: { node: '>=22.15' } },
  exports: { '.': './src/index.ts', './deep': './src/deep/index.ts' },
  dependencies: { yaml: '^2.0.0' },
  devDependencies: { '@mpim/testkit': '1.2.3' },
};

test('exports name the compiled files, and nothing of the workspace is left', () => {
  assert.deepEqual(publishedManifest(manifest), {
    name: '@mpim/example',
    version: '1.2.3',
    dependencies: { yaml: '^2.0.0' },
    engines: { node: '>=22.15' },
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './deep': { types: './dist/deep/index.d.ts', default: './dist/deep/index.js' },
      './package.json': './package.json',
    },
    publishConfig: { access: 'public' },
  });
});

test('an export that is not compiled is refused', () => {
  assert.throws(
    () => publishedManifest({ ...manifest, exports: { '.': './src/page.html' } }),
    /page.html/,
  );
});

test('packages need only what is published with them', () => {
  const all = publishedWorkspaces().map(({ manifest }) => manifest);
  const names = all.map(({ name }) => name);
  assert.ok(names.includes('@mpim/zookeeper'));
  for (const { name, dependencies = {} } of all) {
    const ours = Object.keys(dependencies).filter((needed) => /^(@mpim\/|mpim$)/.test(needed));
    for (const needed of ours) assert.ok(names.includes(needed), `${needed}, of ${name}`);
  }
});

test('npm refuses to publish the sources', () => {
  for (const { manifest } of publishedWorkspaces())
    assert.equal(manifest.private, true, manifest.name);
});
