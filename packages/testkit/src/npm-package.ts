import { execFile } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Lockfile } from './lockfile.ts';

const run = promisify(execFile);

/** A package of npm that is measured or tested, but that nobody who installs this repository should have to build. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Of the package: what must be there for it to be usable. */
  readonly file: string;
  /** What to expect of its installation, for people who wait. */
  readonly hint: string;
}

/**
 * Installs the package into a cache folder of its own unless it is there; says so on stderr.
 *
 * @returns the folder to require it from. Rejects when npm cannot install or build it.
 */
export async function installedNpmPackage(npmPackage: NpmPackage): Promise<string> {
  const { name, version, file, hint } = npmPackage;
  const id = `${name}@${version}`;
  const root = join(import.meta.dirname, '../../../node_modules/.cache/mpim/npm-packages');
  // Native code fits one version of Node's binary interface.
  const folder = join(root, `${id}-abi${process.versions.modules}`);
  const needed = join(folder, 'node_modules', name, file);
  if (await exists(needed)) return folder;
  await using _lock = await Lockfile.acquire('mpim-npm-packages');
  if (await exists(needed)) return folder;
  process.stderr.write(`installing ${id} (${hint}) …\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts=false', id], {
    cwd: folder,
    env: await buildEnvironment(),
    maxBuffer: 64 << 20,
    timeout: 600_000,
  });
  if (!(await exists(needed))) throw new Error(`npm installed ${id} without ${file}`);
  return folder;
}

/** npm with this very Node, and its headers where they came along with it. */
async function buildEnvironment(): Promise<NodeJS.ProcessEnv> {
  const bin = dirname(process.execPath);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const home = dirname(bin);
  if (!(await exists(join(home, 'include/node/node.h')))) return env;
  return { ...env, npm_config_nodedir: home };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** npm's pure JavaScript client for ZooKeeper. */
export const NODE_ZOOKEEPER_CLIENT: NpmPackage = {
  name: 'node-zookeeper-client',
  version: '1.1.3',
  file: 'package.json',
  hint: 'a moment',
};

/** npm's ZooKeeper client over Apache's C library. */
export const NATIVE_ZOOKEEPER_CLIENT: NpmPackage = {
  name: 'zookeeper',
  version: '7.3.0',
  file: 'build/zookeeper.node',
  hint: 'a native build, about half a minute',
};
