import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { Failure } from './failure.mjs';
import { filesBelow } from './files.mjs';
import { NODE_FLAGS } from './node.mjs';
import { root } from './paths.mjs';

const TEST = /\.test\.(ts|mjs)$/;
const LONG = /\.long\.test\.ts$/;

/** Test files of every room, relative to the root; `long` picks the ones that take minutes instead of the others. */
export function testFiles({ long }) {
  const rooms = ['packages', 'services', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  // `test` at the root holds what concerns the whole: the layers, the system end to end.
  const folders = [...[...rooms, 'bench', 'scripts'].map((room) => `${room}/test`), 'test'];
  return folders.flatMap((folder) =>
    filesBelow(join(root, folder))
      .filter((file) => TEST.test(file) && LONG.test(file) === long)
      .map((file) => `${folder}/${file}`),
  );
}

/**
 * Runs the suites with Node's test runner. Arguments that begin with a dash go to the runner, the others select
 * files by a part of their path. Resolves with how the runner ended.
 */
export async function runSuites(node, args, { long }) {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const parts = args.filter((arg) => !arg.startsWith('-'));
  const files = testFiles({ long }).filter(
    (file) => parts.length === 0 || parts.some((part) => file.includes(part)),
  );
  if (files.length === 0) {
    if (parts.length > 0) throw new Failure(`No test file matches ${parts.join(' ')}.`);
    console.log(`There is no ${long ? 'long ' : ''}test file.`);
    return { code: 0, signal: null };
  }
  return run(node, [
    ...NODE_FLAGS,
    '--test',
    '--test-reporter=spec',
    // Two at a time: suites start processes of their own, and the smallest machine we care for has two cores.
    '--test-concurrency=2',
    `--test-timeout=${long ? 1_200_000 : 180_000}`,
    ...flags,
    ...files,
  ]);
}
