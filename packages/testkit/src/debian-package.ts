import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Lockfile } from './lockfile.ts';

const run = promisify(execFile);

/** Programs that tests need and Debian packages bring, with a file that tells whether they are there. */
const packages = {
  zookeeper: '/usr/share/zookeeper/bin/zkCli.sh',
  'zookeeper-bin': '/usr/lib/zookeeper/bin/cli_mt',
  chromium: '/usr/bin/chromium',
  openssl: '/usr/bin/openssl',
  'default-jdk-headless': '/usr/bin/javac',
  'libcurator-recipes-java': '/usr/share/java/curator-recipes.jar',
  'libcurator-discovery-java': '/usr/share/java/curator-x-discovery.jar',
  'python3-minimal': '/usr/bin/python3',
  'python3-kazoo': '/usr/lib/python3/dist-packages/kazoo/tests/test_client.py',
  'python3-pytest': '/usr/lib/python3/dist-packages/pytest/__init__.py',
  'python3-pytest-timeout': '/usr/lib/python3/dist-packages/pytest_timeout.py',
  'python3-mock': '/usr/lib/python3/dist-packages/mock/__init__.py',
  'python3-objgraph': '/usr/lib/python3/dist-packages/objgraph.py',
} as const;

/** A Debian package some tests need. */
export type DebianPackage = keyof typeof packages;

/** All of them, so that they can be installed before the tests begin. */
export const DEBIAN_PACKAGES = Object.keys(packages) as readonly DebianPackage[];

/**
 * Makes sure the package is installed. On Debian as root it installs what is missing.
 *
 * @returns `undefined` when it is there, else the reason for skipping, with the command that mends it.
 * With `CI=true` a missing package is an error instead: a skip must not look like a pass.
 */
export async function missingDebianPackage(name: DebianPackage): Promise<string | undefined> {
  if (await exists(packages[name])) return undefined;
  let cause = 'it is not installed';
  if (process.getuid?.() === 0 && (await exists('/usr/bin/apt-get'))) {
    await using _lock = await Lockfile.acquire('mpim-apt');
    if (await exists(packages[name])) return undefined;
    try {
      await install(name);
      return undefined;
    } catch (error) {
      cause = `apt-get failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  const reason = `SKIPPED: needs Debian's ${name}: ${cause}. Enable with: apt-get install ${name}`;
  if (process.env.CI === 'true') throw new Error(reason);
  process.stderr.write(`${reason}\n`);
  return reason;
}

/** {@link missingDebianPackage} for several packages: the first reason for skipping, if any. */
export async function missingDebianPackages(
  ...names: readonly DebianPackage[]
): Promise<string | undefined> {
  for (const name of names) {
    const missing = await missingDebianPackage(name);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

async function install(name: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-y', '-q', '--no-install-recommends'];
  try {
    await run('apt-get', ['install', ...options, name], { env, maxBuffer: 64 << 20 });
  } catch {
    await run('apt-get', ['update', '-q'], { env, maxBuffer: 64 << 20 });
    await run('apt-get', ['install', ...options, name], { env, maxBuffer: 64 << 20 });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
