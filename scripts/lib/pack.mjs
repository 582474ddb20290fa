import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { capture } from './child.mjs';
import { Failure } from './failure.mjs';
import { npm } from './npm.mjs';
import { nodeModules, root } from './paths.mjs';
import { stage } from './stage.mjs';
import { table } from './table.mjs';

/** Where the packages go unless told otherwise. */
const TARGET = join(root, 'dist', 'packages');

/**
 * The workspaces that packages are made of, sorted by name: those that say how they are published. All are private,
 * so that npm refuses to publish them as they are here.
 *
 * @returns {{ folder: string, manifest: object }[]}
 */
export function publishedWorkspaces() {
  return ['packages', 'services', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
    }))
    .filter(({ manifest }) => manifest.publishConfig !== undefined)
    .sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

/**
 * Builds every package and packs it into a tarball that npm can install; tarballs of ours that are in the target
 * folder go first.
 *
 * @param {string} node the workspace's Node
 * @param {string} target the folder for the tarballs
 * @returns what was made: `{ name, version, file, packedBytes, unpackedBytes, files }` each
 */
async function pack(node, target) {
  const build = await capture(node, [join(nodeModules, 'typescript', 'bin', 'tsc'), '-b']);
  if (build.code !== 0) throw new Failure(`${build.output}\nThe packages could not be built.`);
  const stages = mkdtempSync(join(tmpdir(), 'mpim-pack-'));
  try {
    const folders = publishedWorkspaces().map((workspace) => {
      const folder = join(stages, basename(workspace.folder));
      stage(workspace, folder);
      return folder;
    });
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(target)) {
      if (/^mpim-.*\.tgz$/.test(file)) rmSync(join(target, file));
    }
    const packed = await npm(['pack', '--json', '--pack-destination', target, ...folders]);
    if (packed.code !== 0) throw new Failure(`${packed.output}\nnpm pack failed.`);
    return JSON.parse(packed.output).map(
      ({ name, version, filename, size, unpackedSize, files }) => ({
        name,
        version,
        file: join(target, filename),
        packedBytes: size,
        unpackedBytes: unpackedSize,
        files: files.length,
      }),
    );
  } finally {
    rmSync(stages, { recursive: true, force: true });
  }
}

/** `npm run pack`: packs everything and says on stdout what was made, as a table or, with `--json`, as an array. */
export async function packCommand(node, args) {
  const { target, json } = parse(args);
  const made = await pack(node, target);
  console.log(json ? JSON.stringify(made, null, 2) : report(made));
}

function parse(args) {
  let target = TARGET;
  let json = false;
  const rest = [...args];
  while (rest.length > 0) {
    const flag = rest.shift();
    if (flag === '--json') json = true;
    else if (flag === '--to' && rest.length > 0) target = resolve(rest.shift());
    else throw new Failure('usage: npm run pack -- [--to FOLDER] [--json]', 2);
  }
  return { target, json };
}

function report(made) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const rows = made.map(({ name, version, file, packedBytes, unpackedBytes, files }) => [
    name,
    version,
    kilobytes(packedBytes),
    kilobytes(unpackedBytes),
    String(files),
    basename(file),
  ]);
  const heading = ['package', 'version', 'packed', 'unpacked', 'files', 'tarball'];
  return `${table([heading, ...rows], [2, 3, 4])}\n\nin ${dirname(made[0].file)}`;
}
