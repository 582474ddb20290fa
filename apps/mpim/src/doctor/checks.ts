import { treeAccess } from '@mpim/governance';
import { CommandError } from '../command-error.ts';
import { readRegistry } from '../commands/services.ts';
import { type ServerOptions, withZooKeeper } from '../zk/session.ts';

/** What was looked at, what was found, and what to do when it is not good. */
export interface Check {
  readonly what: string;
  readonly good: boolean;
  readonly found: string;
  /** Empty when all is good. */
  readonly remedy: string;
}

/** The first with Argon2, which the user service stores passwords by. */
const OLDEST_NODE = { major: 24, minor: 7 };
const PROBE_LIMIT_MS = 3_000;
const SERVICES = ['User', 'Presence', 'Message', 'Group', 'Gateway'].map(
  (name) => `${name}ServiceRpc`,
);

/** Looks at everything in turn, from the ground up; what depends on something broken is left out. */
export async function* runChecks(
  options: ServerOptions & { readonly gateway: string },
): AsyncGenerator<Check> {
  yield nodeVersion();
  let registry: Awaited<ReturnType<typeof readRegistry>> | undefined;
  try {
    registry = await readRegistry(options);
    yield good('ZooKeeper', `answers at ${options.zookeeper}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    yield bad('ZooKeeper', `does not answer at ${options.zookeeper}`, error.message);
  }
  if (registry !== undefined) {
    if (options.zookeeperAuthFile !== '') yield await whoMayChange(options);
    for (const service of SERVICES) {
      const instances = registry.get(service) ?? [];
      if (instances.length === 0) {
        yield bad(
          service,
          'has no instance',
          'Start it: mpim up, or mpim serve. Its log says why it went.',
        );
      }
      for (const { id, host, adminPort } of instances) {
        yield await probe(`${service} ${id}`, `http://${host}:${adminPort}/readyz`);
      }
    }
  }
  const gateway = options.gateway.replace(/^ws/, 'http');
  yield await probe('gateway', new URL('/', gateway).href);
}

function nodeVersion(): Check {
  const found = process.version;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const { major: oldest, minor: oldestMinor } = OLDEST_NODE;
  return major > oldest || (major === oldest && minor >= oldestMinor)
    ? good('Node', found)
    : bad(
        'Node',
        found,
        `Node ${oldest}.${oldestMinor} or newer is needed: from https://nodejs.org/, or in a clone by npm run setup`,
      );
}

async function whoMayChange(options: ServerOptions): Promise<Check> {
  const what = 'access';
  try {
    const open = await withZooKeeper(options, async ({ zk, auth }) => {
      let count = 0;
      for await (const each of treeAccess(zk, { acl: auth?.acl ?? [] })) {
        if (each.access === 'open') count += 1;
      }
      return count;
    });
    return open === 0
      ? good(what, 'only identities can change registry and configuration')
      : bad(what, `${open} nodes can be changed by everybody`, 'Close them: mpim access close');
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return bad(what, 'cannot be looked at', error.message);
  }
}

async function probe(what: string, url: string): Promise<Check> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    const body = (await response.text()).trim();
    if (response.ok) return good(what, `answers at ${url}`);
    const reason = body.length < 400 ? body : '';
    return bad(what, `answers ${response.status} at ${url}`, reason || 'Its log says more.');
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return bad(
      what,
      `does not answer at ${url} (${reason})`,
      'If it has just died, its node goes with its session within seconds; otherwise see its log.',
    );
  }
}

function good(what: string, found: string): Check {
  return { what, good: true, found, remedy: '' };
}

function bad(what: string, found: string, remedy: string): Check {
  return { what, good: false, found, remedy };
}
