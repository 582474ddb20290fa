import { GatewayServiceRpcDefinition, PresenceServiceRpcDefinition } from '@mpim/protocol';
import { defineService } from '@mpim/service-kit';
import { GatewayCensus } from './gateways/gateway-census.ts';
import { presenceHandlers } from './presence-handlers.ts';
import { createPresenceMetrics } from './presence-metrics.ts';
import { RouteTable } from './routes/route-table.ts';
import { presenceSettings } from './settings.ts';

const SWEEP_MS = 1_000;

/** The presence service: routes of users to gateways behind `PresenceServiceRpc`, in memory only. */
export const presenceService = defineService({
  name: 'presence',
  settings: presenceSettings,
  async start({ settings, provider, discovery, zk, metrics, logger, signal }) {
    const table = new RouteTable();
    const { dropped } = createPresenceMetrics(metrics, {
      table,
      registeredGateways: () => census.size,
    });
    const census: GatewayCensus = new GatewayCensus({
      graceMs: settings.unknownGatewayGraceMs,
      registryAnswers: () => zk.state.kind === 'connected',
      onGone(gateway) {
        const routes = table.drop(gateway);
        if (routes === 0) return;
        dropped.inc(routes);
        logger.info({ gateway, routes }, 'a gateway is gone, and its routes with it');
      },
    });
    const { maxRoutes } = settings;
    provider.notifyService(
      PresenceServiceRpcDefinition,
      presenceHandlers({ table, census, maxRoutes }),
    );
    const unwatch = discovery.watch(GatewayServiceRpcDefinition.name, (gateways) =>
      census.registered(gateways.map(({ id }) => id)),
    );
    const sweep = setInterval(() => census.sweep(), SWEEP_MS);
    sweep.unref();
    signal.addEventListener(
      'abort',
      () => {
        unwatch();
        clearInterval(sweep);
      },
      { once: true },
    );
    return {};
  },
});
