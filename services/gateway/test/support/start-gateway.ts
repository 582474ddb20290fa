import {
  type Instance,
  RpcChannel,
  type RpcClient,
  RpcProvider,
  StaticResolver,
} from '@mpim/mprpc';
import { GatewayServiceRpcDefinition } from '@mpim/protocol';
import { checkSettings, createLogger, createMetrics } from '@mpim/service-kit';
import type { z } from 'zod';
import { Gateway } from '../../src/gateway.ts';
import { gatewaySettings } from '../../src/settings.ts';
import { Neighbours } from './neighbours.ts';

/** The services a gateway calls. */
const SERVICES = [
  'UserServiceRpc',
  'MessageServiceRpc',
  'GroupServiceRpc',
  'PresenceServiceRpc',
] as const;

/** A gateway with neighbours at fixed addresses. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly neighbours: Neighbours;
  readonly resolver: StaticResolver;
  /** Calls the gateway as a service does. */
  readonly rpc: RpcClient<GatewayServiceRpcDefinition>;
  readonly http: string;
  readonly ws: string;
  /** Everything that was logged so far. */
  readonly log: () => string;
}

/** Starts a gateway on a free port. */
export async function startGateway(
  settings: z.input<typeof gatewaySettings> = {},
): Promise<TestGateway> {
  await using stack = new AsyncDisposableStack();
  const neighbours = stack.use(await Neighbours.start());
  const address = { host: '127.0.0.1', port: neighbours.port };
  const resolver = new StaticResolver(
    Object.fromEntries(SERVICES.map((service) => [service, [{ ...address, id: `${service}-1` }]])),
  );
  const channel = new RpcChannel({ resolver });
  stack.defer(() => channel.close());
  const lines: string[] = [];
  const logger = createLogger({
    level: 'trace',
    service: 'gateway',
    instance: 'gateway-1',
    destination: { write: (line: string) => lines.push(line) },
  });
  const gateway = await Gateway.start({
    gatewayId: 'gateway-1',
    settings: checkSettings(gatewaySettings, { gatewayPort: 0, ...settings }),
    channel,
    resolver,
    metrics: createMetrics({ service: 'gateway', instance: 'gateway-1', process: false }),
    logger,
  });
  stack.defer(() => gateway.close());
  const provider = new RpcProvider();
  provider.notifyService(GatewayServiceRpcDefinition, gateway.handlers);
  stack.defer(() => provider.close());
  const { port } = await provider.run();
  const own = new RpcChannel({ resolver: new StaticResolver([{ host: '127.0.0.1', port }]) });
  stack.defer(() => own.close());
  const started = stack.move();
  return {
    gateway,
    neighbours,
    resolver,
    rpc: own.client(GatewayServiceRpcDefinition),
    http: `http://127.0.0.1:${gateway.port}`,
    ws: `ws://127.0.0.1:${gateway.port}/v1/ws`,
    log: () => lines.join(''),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** The fields of an instance that matter to a ring. */
export function instance(id: string, port: number): Pick<Instance, 'id' | 'host' | 'port'> {
  return { id, host: '127.0.0.1', port };
}
