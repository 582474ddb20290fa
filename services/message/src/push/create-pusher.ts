import type { Resolver, RpcChannel } from '@mpim/mprpc';
import { GatewayServiceRpcDefinition, PresenceServiceRpcDefinition } from '@mpim/protocol';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import type { MessageMetrics } from '../metrics.ts';
import { BurstLog } from './burst-log.ts';
import { GatewayLanes } from './gateway-lanes.ts';
import { MessagePusher } from './message-pusher.ts';
import { RouteFinder } from './route-finder.ts';

/** What {@link createPusher} puts together. */
export interface PusherOptions {
  readonly access: Access;
  readonly channel: RpcChannel;
  readonly resolver: Resolver;
  readonly metrics: MessageMetrics;
  readonly logger: Logger;
  /** Milliseconds for each call to presence and gateways. */
  readonly deadlineMs: number;
  /** Messages that may wait. */
  readonly capacity: number;
}

/** The pusher of the running service: real routes, real gateways, counted and logged. */
export function createPusher(options: PusherOptions): MessagePusher {
  const { access, channel, resolver, metrics, logger, deadlineMs, capacity } = options;
  const failures = new BurstLog(({ error, count }) =>
    logger.warn(
      { err: error, count },
      'pushes failed; the devices find the messages when they sync',
    ),
  );
  const drops = new BurstLog(({ count }) =>
    logger.warn({ count }, 'the push queue is full; the devices find the messages when they sync'),
  );
  const presenceTrouble = new BurstLog(({ error, count }) =>
    logger.warn({ err: error, count }, 'presence does not answer: pushing to every gateway'),
  );
  const onFailed = (error: unknown, count: number) => {
    metrics.pushes.inc({ outcome: 'failed' }, count);
    failures.note(error, count);
  };
  const onDropped = (count: number) => {
    metrics.pushes.inc({ outcome: 'dropped' }, count);
    drops.note(undefined, count);
  };
  return new MessagePusher({
    access,
    routes: new RouteFinder({
      presence: channel.client(PresenceServiceRpcDefinition),
      resolver,
      deadlineMs,
      onUnavailable: (error) => presenceTrouble.note(error),
    }),
    lanes: new GatewayLanes({
      gateways: channel.client(GatewayServiceRpcDefinition),
      deadlineMs,
      concurrency: 64,
      capacity,
      onDelivered: () => metrics.pushes.inc({ outcome: 'delivered' }),
      onFailed,
      onDropped,
    }),
    concurrency: 64,
    capacity,
    onFailed,
    onDropped,
  });
}
