import { ConsoleServer } from '@mpim/console';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { onStopSignals } from '../supervisor/signals.ts';
import { parsePort } from '../terminal/options.ts';
import { addServerOptions, type ServerOptions, withZooKeeper } from '../zk/session.ts';

interface ConsoleCommandOptions extends ServerOptions {
  readonly port: number;
}

/** `mpim console`: the ops console, until Ctrl-C. */
export function consoleCommand(): Command {
  return addServerOptions(new Command('console'))
    .description('Serves the ops console: every service, its instances, and how each answers.')
    .option('--port <port>', 'where it listens, on loopback', parsePort, 8090)
    .action(({ port, ...at }: ConsoleCommandOptions) =>
      withZooKeeper(at, async ({ zk }) => {
        await using console_ = await ConsoleServer.start(zk, { port }).catch((error) => {
          if (error.code !== 'EADDRINUSE') throw error;
          throw new CommandError('USAGE', `Port ${port} is taken. Choose another with --port.`);
        });
        console.log(`The console is at http://127.0.0.1:${console_.port}/ (Ctrl-C ends it)`);
        const stop = Promise.withResolvers<void>();
        const release = onStopSignals(stop.resolve, () => process.exit(130));
        await stop.promise;
        release();
      }),
    );
}
