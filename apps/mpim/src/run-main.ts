import { Command, CommanderError } from 'commander';
import { CommandError } from './command-error.ts';

/** A command's own file builds it; nothing else of the command is loaded before it is asked for. */
interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, CommandEntry>> = {
  up: {
    summary: 'start everything on this machine and keep it running',
    load: async () => (await import('./commands/up.ts')).upCommand(),
  },
  serve: {
    summary: 'run one service: user, presence, message, group or gateway',
    load: async () => (await import('./commands/serve.ts')).serveCommand(),
  },
  zookeeper: {
    summary: 'run the embedded ZooKeeper',
    load: async () => (await import('./commands/zookeeper.ts')).zookeeperCommand(),
  },
  chat: {
    summary: 'chat in the terminal, or from a script with JSON lines',
    load: async () => (await import('./commands/chat.ts')).chatCommand(),
  },
  zk: {
    summary: 'read and write any ZooKeeper, in the spelling of zkCli',
    load: async () => (await import('./commands/zk.ts')).zkCommand(),
  },
  services: {
    summary: 'list services and their instances',
    load: async () => (await import('./commands/services.ts')).servicesCommand(),
  },
  call: {
    summary: 'call a method of a service, or list what can be called',
    load: async () => (await import('./commands/call.ts')).callCommand(),
  },
  config: {
    summary: "read, change and follow a service's configuration",
    load: async () => (await import('./commands/config.ts')).configCommand(),
  },
  access: {
    summary: 'see or change who may write to registry and configuration',
    load: async () => (await import('./commands/access.ts')).accessCommand(),
  },
  console: {
    summary: 'serve the ops console: who is registered, and how they are',
    load: async () => (await import('./commands/console.ts')).consoleCommand(),
  },
  doctor: {
    summary: 'check that everything is in place and answers',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  },
};

/**
 * Runs the `mpim` command with these words and resolves with the exit code: 0, 1 for a failure, 2 for a command line
 * that makes no sense. Failures are explained on stderr.
 */
export async function runMain(args: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(ignoreBrokenPipe)) stream.on('error', ignoreBrokenPipe);
  }
  try {
    await (await program(args)).parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Error)) throw error;
    console.error(`mpim: ${isExplained(error) ? error.message : (error.stack ?? error.message)}`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

async function program(args: readonly string[]): Promise<Command> {
  const [asked] = args;
  const program = new Command('mpim')
    .description('Instant messaging and service governance on ZooKeeper')
    .version('0.1.0')
    .showHelpAfterError('(mpim --help lists the commands)')
    .enablePositionalOptions()
    .exitOverride();
  for (const [name, entry] of Object.entries(commands)) {
    if (name === asked || (asked === 'help' && name === args[1])) {
      const command = (await entry.load()).summary(entry.summary);
      overrideExit(command);
      program.addCommand(command);
    } else {
      program.command(name).summary(entry.summary);
    }
  }
  return program;
}

/** commander would end the process itself; subcommands do not inherit the override when added ready-made. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}

/** Errors of this project carry a stable code and a message for people; anything else is a defect and shows its stack. */
function isExplained(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string';
}

/** The reader of our output has gone (`mpim zk ls / | head -1`): nothing is left to say to it. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
