import { join } from 'node:path';
import { gatewayService } from '@mpim/service-gateway';
import { groupService } from '@mpim/service-group';
import { type RunningService, startService } from '@mpim/service-kit';
import { messageService } from '@mpim/service-message';
import { presenceService } from '@mpim/service-presence';
import { userService } from '@mpim/service-user';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { build } from 'vite';

/** All of MPIM in this process, with the page built from its sources. */
export interface System extends AsyncDisposable {
  /** Where page and clients find the gateway. */
  readonly http: string;
  readonly ws: string;
  /** Stops the gateway and starts another one at the same address, `meanwhile` in between. */
  restartGateway(meanwhile: () => Promise<void>): Promise<void>;
}

export async function startSystem(): Promise<System> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const webRoot = join(folder.path, 'page');
  await build({
    root: join(import.meta.dirname, '../..'),
    build: { outDir: webRoot, emptyOutDir: true },
    logLevel: 'error',
  });
  const zookeeper = stack.use(await ZooKeeperServer.start());
  const settings = {
    zookeeper: zookeeper.connectString,
    // One for all: the services share the secret in it.
    dataDir: join(folder.path, 'data'),
    logLevel: 'silent' as const,
    drainTimeoutMs: 500,
  };
  stack.use(await startService(userService, settings));
  stack.use(await startService(presenceService, settings));
  stack.use(await startService(groupService, settings));
  stack.use(await startService(messageService, settings));
  const startGateway = (gatewayPort: number): Promise<RunningService> =>
    startService(gatewayService, { ...settings, webRoot, gatewayPort });
  let gateway = await startGateway(0);
  stack.defer(() => gateway.stop());
  await gateway.registered;
  const port = Number(gateway.metadata.httpPort);
  const started = stack.move();
  return {
    http: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}`,
    async restartGateway(meanwhile) {
      await gateway.stop();
      await meanwhile();
      gateway = await startGateway(port);
      await gateway.registered;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
