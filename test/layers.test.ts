import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..');

/** What each room may import of the others: downwards only (ARCHITECTURE.md). Its tests may also use the testkit. */
const allowed: Record<string, readonly string[]> = {
  '@mpim/zookeeper': [],
  '@mpim/zookeeper-server': ['@mpim/zookeeper/protocol'],
  '@mpim/mprpc': [],
  '@mpim/governance': ['@mpim/zookeeper', '@mpim/mprpc'],
  '@mpim/service-kit': ['@mpim/zookeeper', '@mpim/mprpc', '@mpim/governance'],
  '@mpim/protocol': [],
  '@mpim/client': ['@mpim/protocol'],
  '@mpim/testkit': [],
  '@mpim/web': ['@mpim/client'],
  '@mpim/console': ['@mpim/governance', '@mpim/zookeeper'],
  '@mpim/bench': [
    '@mpim/client',
    '@mpim/mprpc',
    '@mpim/protocol',
    '@mpim/service-kit',
    '@mpim/testkit',
    '@mpim/zookeeper',
    '@mpim/zookeeper-server',
  ],
  service: [
    '@mpim/mprpc',
    '@mpim/governance',
    '@mpim/protocol',
    '@mpim/service-kit',
    '@mpim/zookeeper',
  ],
  mpim: [
    '@mpim/client',
    '@mpim/console',
    '@mpim/governance',
    '@mpim/mprpc',
    '@mpim/protocol',
    '@mpim/service-gateway',
    '@mpim/service-group',
    '@mpim/service-kit',
    '@mpim/service-message',
    '@mpim/service-presence',
    '@mpim/service-user',
    '@mpim/zookeeper',
    '@mpim/zookeeper-server',
  ],
};

/** Rooms that must do without any library. */
const bare = [
  '@mpim/zookeeper',
  '@mpim/zookeeper-server',
  '@mpim/mprpc',
  '@mpim/governance',
  '@mpim/protocol',
  '@mpim/client',
];

interface Room {
  readonly name: string;
  readonly folder: string;
}

const rooms: Room[] = globSync(
  [
    'packages/*/package.json',
    'services/*/package.json',
    'apps/*/package.json',
    'bench/package.json',
  ],
  {
    cwd: root,
  },
).map((file) => ({
  name: JSON.parse(readFileSync(join(root, file), 'utf8')).name,
  folder: dirname(file),
}));

/** Every module that a room's own sources import, without those in the same room. */
function importsOf(folder: string): { file: string; module: string }[] {
  const found: { file: string; module: string }[] = [];
  for (const file of globSync(`${folder}/src/**/*.{ts,tsx}`, { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    const pattern =
      /^(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
    for (const [, fixed, dynamic] of text.matchAll(pattern)) {
      const module = fixed ?? dynamic ?? '';
      if (!module.startsWith('.')) found.push({ file, module });
      else if (relative(folder, join(dirname(file), module)).startsWith('..')) {
        found.push({ file, module: `@mpim/${module} (by a path out of its own room)` });
      }
    }
  }
  return found;
}

describe('imports point downwards only', () => {
  for (const { name, folder } of rooms) {
    test(name, () => {
      const may =
        allowed[
          name.startsWith('@mpim/service-') && name !== '@mpim/service-kit' ? 'service' : name
        ];
      assert.ok(may, `${name} is a new room: say in test/layers.test.ts what it may import`);
      for (const { file, module } of importsOf(folder)) {
        if (module.startsWith('@mpim/') || module === 'mpim') {
          const known = may.some((one) => module === one || module.startsWith(`${one}/`));
          assert.ok(known, `${file} imports ${module}, which ${name} may not know`);
        } else if (bare.includes(name)) {
          assert.ok(
            module.startsWith('node:'),
            `${file} imports ${module}: ${name} has no dependencies`,
          );
        }
      }
    });
  }
});

test('the wire protocol of ZooKeeper does no I/O', () => {
  for (const { file, module } of importsOf('packages/zookeeper/src/protocol')) {
    assert.ok(module === 'node:buffer', `${file} imports ${module}`);
  }
});

test('mprpc knows no ZooKeeper', () => {
  for (const { file, module } of importsOf('packages/mprpc')) {
    assert.doesNotMatch(module, /zookeeper/, file);
  }
});
