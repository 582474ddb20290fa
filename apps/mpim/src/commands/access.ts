import { type NodeReport, treeAccess } from '@mpim/governance';
import { type Acl, OPEN_ACL } from '@mpim/zookeeper';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { printableLine } from '../terminal/printable.ts';
import { addServerOptions, type ServerOptions, withZooKeeper } from '../zk/session.ts';

interface AccessOptions extends ServerOptions {
  readonly root?: true;
  readonly json?: true;
}

const WORDS: Readonly<Record<NodeReport['access'], string>> = {
  'as-wanted': 'closed',
  open: 'OPEN',
  other: 'others',
};

/** `mpim access`: who may change what services keep in ZooKeeper. */
export function accessCommand(): Command {
  const access = addServerOptions(new Command('access'))
    .description(
      'Looks at or changes who may write to the nodes of registry and config centre. Everybody may read them.',
    )
    .option('--root', 'also / itself when there is no chroot: others may use it as well')
    .option('--json', 'one JSON object per node');
  const options = () => access.opts<AccessOptions>();

  access
    .command('check')
    .description('list the nodes: closed (as the file has it), OPEN to everybody, or of others')
    .action(() => check(options()));
  access
    .command('close')
    .description('let only the identities of --zookeeper-auth-file write')
    .action(() => change(options(), (acl) => acl));
  access
    .command('open')
    .description('let everybody write, as without identities')
    .action(() => change(options(), () => OPEN_ACL));
  return access;
}

async function check(options: AccessOptions): Promise<void> {
  const counts = await visit(options, { change: false }, (acl) => acl);
  if (counts.open > 0) {
    throw new CommandError(
      'ZOOKEEPER',
      `${counts.open} of ${counts.all} nodes can be changed by everybody. When all services have --zookeeper-auth-file, close them with: mpim access close`,
    );
  }
}

async function change(
  options: AccessOptions,
  target: (acl: readonly Acl[]) => readonly Acl[],
): Promise<void> {
  const counts = await visit(options, { change: true }, target);
  if (!options.json) console.log(`Changed ${counts.changed} of ${counts.all} nodes.`);
}

function visit(
  options: AccessOptions,
  { change }: { change: boolean },
  target: (acl: readonly Acl[]) => readonly Acl[],
): Promise<{ all: number; open: number; changed: number }> {
  return withZooKeeper(options, async ({ zk, auth }) => {
    if (auth === undefined) {
      throw new CommandError(
        'USAGE',
        'Name the file with the identities of the services with --zookeeper-auth-file.',
      );
    }
    const counts = { all: 0, open: 0, changed: 0 };
    const root = options.root ?? false;
    for await (const each of treeAccess(zk, { acl: target(auth.acl), change, root })) {
      counts.all += 1;
      if (each.access === 'open') counts.open += 1;
      if (each.changed) counts.changed += 1;
      if (options.json) console.log(JSON.stringify(each));
      else if (each.changed) console.log(`changed ${printableLine(each.path)}`);
      else if (!change) console.log(`${WORDS[each.access].padEnd(6)} ${printableLine(each.path)}`);
    }
    return counts;
  });
}
