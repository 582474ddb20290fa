import type { Acl, CreateMode, ZooKeeperClient } from '@mpim/zookeeper';
import { isEphemeral } from '@mpim/zookeeper/protocol';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { parseWhole } from '../terminal/options.ts';
import { parseAcl } from '../zk/acl-text.ts';
import { untilInterrupted } from '../zk/hold.ts';
import { listTree } from '../zk/list-tree.ts';
import { ZkPrinter } from '../zk/printer.ts';
import { addServerOptions, type ServerOptions, withZooKeeper } from '../zk/session.ts';

interface CreateOptions {
  readonly s?: true;
  readonly e?: true;
  readonly c?: true;
  readonly t?: number;
  readonly hold?: true;
}

/** `mpim zk`: zkCli's everyday commands against any ZooKeeper, one per call. */
export function zkCommand(): Command {
  const zk = addServerOptions(new Command('zk'))
    .description("zkCli's commands against any ZooKeeper, in its spelling.")
    .option('--json', 'one JSON object per answer')
    .addHelpText('after', '\nMPIM_ZOOKEEPER_TLS_CA, _CERT and _KEY say how to speak TLS.');

  /** Runs one operation with a session of its own. */
  const operate =
    <Args extends unknown[]>(
      operation: (zk: ZooKeeperClient, printer: ZkPrinter, ...args: Args) => Promise<void>,
    ) =>
    (...args: Args) => {
      const options = zk.opts<ServerOptions & { json?: true }>();
      const printer = new ZkPrinter({ json: options.json ?? false });
      return withZooKeeper(options, (at) => operation(at.zk, printer, ...args));
    };

  zk.command('ls <path>')
    .description('children of a node')
    .option('-s', 'with its stat')
    .option('-R', 'all that is below it, one path per line')
    .action(operate(list));
  zk.command('get <path>')
    .description('data of a node')
    .option('-s', 'with its stat')
    .action(operate(get));
  zk.command('set <path> <data>')
    .description('replace the data of a node')
    .option('-s', 'print the stat')
    .option('-v <version>', 'only if the data has this version', parseVersion)
    .action(operate(set));
  zk.command('create <path> [data] [acl]')
    .description('make a node; acl is scheme:id:permissions,…')
    .option('-s', 'sequential: a counter is appended to the name')
    .option('-e', 'ephemeral: goes with the session, so with this command; see --hold')
    .option('-c', 'container: goes after its last child')
    .option('-t <ms>', 'goes after this long without change or children', parseTtl)
    .option('--hold', 'keep the session, and so an ephemeral node, until Ctrl-C')
    .action((path: string, data?: string, acl?: string, options: CreateOptions = {}) => {
      // A wrong command line is refused before a server is asked.
      const request = {
        mode: createMode(options),
        ...(acl === undefined ? {} : { acl: parseAcl(acl) }),
        ...(options.t === undefined ? {} : { ttlMs: options.t }),
      };
      return operate(create)(path, data ?? null, request, options.hold ?? false);
    });
  zk.command('stat <path>').description('stat of a node').action(operate(stat));
  zk.command('delete <path>')
    .description('remove a node without children')
    .option('-v <version>', 'only if the data has this version', parseVersion)
    .action(operate(remove));
  zk.command('deleteall <path>')
    .description('remove a node and all that is below it')
    .action(operate(removeAll));
  return zk;
}

function parseVersion(text: string): number {
  return parseWhole(text, -1, 2 ** 31 - 1);
}

function parseTtl(text: string): number {
  return parseWhole(text, 1, 2 ** 40 - 1);
}

async function list(
  zk: ZooKeeperClient,
  printer: ZkPrinter,
  path: string,
  options: { s?: true; R?: true },
): Promise<void> {
  if (options.R) {
    for await (const below of listTree(zk, path)) printer.answer({ path: below }, [below]);
    return;
  }
  const { children, stat } = await zk.children(path);
  children.sort();
  printer.answer({ path, children }, [`[${children.join(', ')}]`], options.s ? stat : undefined);
}

async function get(
  zk: ZooKeeperClient,
  printer: ZkPrinter,
  path: string,
  options: { s?: true },
): Promise<void> {
  const { data, stat } = await zk.get(path);
  printer.data(path, data, options.s ? stat : undefined);
}

async function set(
  zk: ZooKeeperClient,
  printer: ZkPrinter,
  path: string,
  data: string,
  options: { s?: true; v?: number },
): Promise<void> {
  const stat = await zk.set(path, data, options.v === undefined ? {} : { version: options.v });
  printer.answer({ path, version: stat.version }, [], options.s ? stat : undefined);
}

async function create(
  zk: ZooKeeperClient,
  printer: ZkPrinter,
  path: string,
  data: string | null,
  request: { mode: CreateMode; acl?: Acl[]; ttlMs?: number },
  hold: boolean,
): Promise<void> {
  const created = await zk.create(path, data, request);
  printer.answer({ path: created.path, mode: request.mode }, [`Created ${created.path}`]);
  if (hold) await untilInterrupted(zk);
  else if (isEphemeral(request.mode)) {
    console.error('An ephemeral node goes with its session, which ends now; --hold keeps it.');
  }
}

function createMode({ s, e, c, t }: CreateOptions): CreateMode {
  if ((e && c) || (t !== undefined && (e || c)) || (c && s)) {
    throw new CommandError('USAGE', 'create: -c stands alone, and -t goes with -s at most.');
  }
  if (c) return 'container';
  if (t !== undefined) return s ? 'persistent-sequential-ttl' : 'persistent-ttl';
  if (e) return s ? 'ephemeral-sequential' : 'ephemeral';
  return s ? 'persistent-sequential' : 'persistent';
}

async function stat(zk: ZooKeeperClient, printer: ZkPrinter, path: string): Promise<void> {
  const found = await zk.exists(path);
  if (found === null) throw new CommandError('ZOOKEEPER', `Node does not exist: ${path}.`);
  printer.answer({ path }, [], found);
}

async function remove(
  zk: ZooKeeperClient,
  printer: ZkPrinter,
  path: string,
  options: { v?: number },
): Promise<void> {
  await zk.delete(path, options.v === undefined ? {} : { version: options.v });
  printer.answer({ path, deleted: true }, []);
}

async function removeAll(zk: ZooKeeperClient, printer: ZkPrinter, path: string): Promise<void> {
  await zk.deleteRecursive(path);
  printer.answer({ path, deleted: true }, []);
}
