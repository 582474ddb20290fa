import type { RpcChannel } from '@mpim/mprpc';
import { UserServiceRpcDefinition } from '@mpim/protocol';
import {
  commonSettings,
  createLogger,
  defineService,
  type RunningService,
  type ServiceSpec,
  startService,
} from '@mpim/service-kit';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** A ZooKeeper, a folder and a caller that finds services by name; closed with all that was started in it. */
export async function testSystem() {
  await using building = new AsyncDisposableStack();
  const folder = building.use(await temporaryFolder('mpim-user'));
  const server = building.use(await ZooKeeperServer.start());
  const services = building.use(new AsyncDisposableStack());
  const log: string[] = [];

  const start = async (spec: ServiceSpec, settings: object = {}): Promise<RunningService> => {
    const logger = createLogger({
      level: 'trace',
      service: spec.name,
      instance: 'test',
      destination: { write: (line) => void log.push(line) },
    });
    const common = { zookeeper: server.connectString, dataDir: folder.path };
    const service = services.use(await startService(spec, { ...common, ...settings }, { logger }));
    await service.registered;
    return service;
  };

  const channels: RpcChannel[] = [];
  const caller = defineService({
    name: 'gateway',
    settings: commonSettings,
    async start({ channel }) {
      channels.push(channel);
      return {};
    },
  });
  await start(caller);
  const [channel] = channels;
  if (!channel) throw new Error('the caller did not start');

  const resources = building.move();
  return {
    dataDir: folder.path,
    /** Every line that the started services have logged, down to `trace`. */
    log,
    users: channel.client(UserServiceRpcDefinition),
    /** Starts a service and waits until callers can find it. */
    start,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
