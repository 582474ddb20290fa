import { ConfigCentre, type ConfigDocument, type JsonObject } from '@mpim/governance';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { onStopSignals } from '../supervisor/signals.ts';
import { parseWhole } from '../terminal/options.ts';
import { addServerOptions, type ServerOptions, withZooKeeper } from '../zk/session.ts';

/** `mpim config`: the configuration documents that services follow, `/config/services/<Service>`. */
export function configCommand(): Command {
  const config = addServerOptions(new Command('config')).description(
    "Reads, changes and follows a service's configuration in ZooKeeper.",
  );
  const withCentre = <Result>(work: (centre: ConfigCentre) => Promise<Result>) =>
    withZooKeeper(config.opts<ServerOptions>(), ({ zk, auth }) =>
      work(new ConfigCentre(zk, auth === undefined ? {} : { acl: auth.acl })),
    );

  config
    .command('get <service>')
    .description('print the document as JSON, with its version')
    .action((service: string) =>
      withCentre(async (centre) => {
        const document = await centre.get(service);
        if (document === null) {
          throw new CommandError(
            'ZOOKEEPER',
            `${service} has no configuration. Write one: mpim config set ${service} '{"key": "value"}'`,
          );
        }
        print(document);
      }),
    );
  config
    .command('set <service> <json>')
    .description('replace the document')
    .option('--version <n>', 'only over this version', (text) => parseWhole(text, 0, 2 ** 31 - 1))
    .action((service: string, json: string, options: { version?: number }) =>
      withCentre(async (centre) => {
        const { version } = options;
        const value = parseDocument(json);
        print(
          await centre.set(
            service,
            value,
            version === undefined ? {} : { expectedVersion: version },
          ),
        );
      }),
    );
  config
    .command('watch <service>')
    .description('print the document now and after every change, one JSON object per line')
    .action((service: string) => withCentre((centre) => watch(centre, service)));
  return config;
}

async function watch(centre: ConfigCentre, service: string): Promise<void> {
  const stop = new AbortController();
  const release = onStopSignals(
    () => stop.abort(),
    () => process.exit(130),
  );
  try {
    for await (const document of centre.watch(service, { signal: stop.signal })) {
      if (document === null) console.log(JSON.stringify({ service, version: null, value: null }));
      else print(document);
    }
  } finally {
    release();
  }
}

function print({ service, version, value, modifiedAt }: ConfigDocument): void {
  console.log(JSON.stringify({ service, version, modifiedAt, value }));
}

function parseDocument(json: string): JsonObject {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
  } catch {
    // Told below, with the remedy.
  }
  throw new CommandError('USAGE', `A configuration is a JSON object, e.g. '{"key": "value"}'.`);
}
