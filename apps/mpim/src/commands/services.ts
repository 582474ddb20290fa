import { type InstanceRecord, ServiceMonitor } from '@mpim/governance';
import { Command } from 'commander';
import { printableLine } from '../terminal/printable.ts';
import { alignColumns } from '../terminal/table.ts';
import { addServerOptions, type ServerOptions, withZooKeeper } from '../zk/session.ts';

interface ServicesOptions extends ServerOptions {
  readonly json?: true;
}

/** `mpim services`: who is registered, read from the registry. */
export function servicesCommand(): Command {
  return addServerOptions(new Command('services'))
    .description('Lists services and their instances from the registry in ZooKeeper.')
    .option('--json', 'one JSON object: service name to instance records')
    .action(async (options: ServicesOptions) => {
      const registry = await readRegistry(options);
      if (options.json) console.log(JSON.stringify(Object.fromEntries(registry)));
      else for (const line of registryLines(registry)) console.log(line);
    });
}

/** Every registered service with its instances. Throws CommandError when ZooKeeper cannot be reached. */
export function readRegistry(at: ServerOptions): Promise<Map<string, readonly InstanceRecord[]>> {
  return withZooKeeper(at, async ({ zk }) => {
    await using monitor = new ServiceMonitor(zk);
    await monitor.ready();
    return new Map(monitor.services.map((name) => [name, monitor.instances(name)]));
  });
}

function registryLines(registry: ReadonlyMap<string, readonly InstanceRecord[]>): string[] {
  if (registry.size === 0) return ['No service is registered. Start some with: mpim up'];
  const rows = [...registry].flatMap(([service, instances]) =>
    instances.length === 0
      ? [[service, '-', 'no instance']]
      : instances.map((one) => [
          service,
          one.id,
          `${one.host}:${one.port}`,
          one.adminPort ? String(one.adminPort) : '-',
          one.version,
          new Date(one.startedAt).toISOString(),
        ]),
  );
  const heading = ['service', 'instance', 'address', 'admin port', 'version', 'started'];
  return alignColumns([heading, ...rows].map((row) => row.map(printableLine)));
}
