import { GatewayServiceRpcDefinition } from '@mpim/protocol';
import { defineService } from '@mpim/service-kit';
import { Gateway } from './gateway.ts';
import { gatewaySettings } from './settings.ts';

/** The gateway: clients come in here by HTTP and WebSocket, services reach them through `GatewayServiceRpc`. */
export const gatewayService = defineService({
  name: 'gateway',
  settings: gatewaySettings,
  async start({ settings, instanceId, logger, metrics, discovery, channel, provider, zk }) {
    const gateway = await Gateway.start({
      gatewayId: instanceId,
      settings,
      channel,
      resolver: discovery,
      metrics,
      logger,
    });
    provider.notifyService(GatewayServiceRpcDefinition, gateway.handlers);
    const renewed = (session: { renewed: boolean }) => {
      if (session.renewed) gateway.registrationRenewed();
    };
    zk.on('session', renewed);
    const address = `http://${settings.gatewayHost}:${gateway.port}`;
    logger.info({ address }, 'clients may come');
    return {
      metadata: { httpPort: String(gateway.port), address },
      drain: () => gateway.drain(),
      close: () => {
        zk.off('session', renewed);
        return gateway.close();
      },
    };
  },
});
