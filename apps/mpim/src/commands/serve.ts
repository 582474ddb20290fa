import { formatSettingsHelp, loadSettings, runService, type ServiceSpec } from '@mpim/service-kit';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';

/** The services; each is loaded when it is asked for, and no other. */
const services: Readonly<Record<string, () => Promise<ServiceSpec>>> = {
  user: async () => (await import('@mpim/service-user')).userService,
  presence: async () => (await import('@mpim/service-presence')).presenceService,
  message: async () => (await import('@mpim/service-message')).messageService,
  group: async () => (await import('@mpim/service-group')).groupService,
  gateway: async () => (await import('@mpim/service-gateway')).gatewayService,
};

const NAMES = Object.keys(services).join(', ');

/** `mpim serve <service>`: one service in this process; its flags are its settings. */
export function serveCommand(): Command {
  return new Command('serve')
    .description(
      `Runs one service: ${NAMES}. Its settings are flags; mpim serve <service> --help lists them. ` +
        'The environment (MPIM_<SETTING>) and a file (--config FILE) are read too.',
    )
    .argument('<service>', NAMES)
    .argument('[flags...]', 'e.g. --zookeeper host:port[,host:port][/chroot] --port 7000')
    .passThroughOptions()
    .allowUnknownOption()
    .action(serve);
}

async function serve(name: string, flags: readonly string[]): Promise<void> {
  const load = Object.hasOwn(services, name) ? services[name] : undefined;
  if (!load) throw new CommandError('USAGE', `There is no service "${name}". Services: ${NAMES}.`);
  const spec = await load();
  if (flags.includes('--help') || flags.includes('-h')) {
    console.log(
      `Usage: mpim serve ${name} [--setting value ...]\n\n${formatSettingsHelp(spec.settings)}`,
    );
    return;
  }
  await runService(spec, loadSettings(spec.settings, { args: flags, env: process.env }));
}
