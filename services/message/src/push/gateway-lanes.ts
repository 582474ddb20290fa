import type { RpcClient } from '@mpim/mprpc';
import type { GatewayServiceRpcDefinition, PushRequest } from '@mpim/protocol';
import { KeyedBatches } from './keyed-batches.ts';

/** What {@link GatewayLanes} work with. */
export interface GatewayLanesParts {
  readonly gateways: RpcClient<GatewayServiceRpcDefinition>;
  readonly deadlineMs: number;
  /** Calls in flight per gateway. */
  readonly concurrency: number;
  /** Pushes that may wait per gateway. */
  readonly capacity: number;
  readonly onDelivered: () => void;
  readonly onFailed: (error: unknown, count: number) => void;
  readonly onDropped: (count: number) => void;
}

/**
 * One lane per gateway instance, so that a stalled one delays nobody else's pushes. Within a lane the pushes of a
 * conversation leave in order, one at a time.
 */
export class GatewayLanes {
  readonly #parts: GatewayLanesParts;
  readonly #lanes = new Map<string, KeyedBatches<PushRequest>>();

  constructor(parts: GatewayLanesParts) {
    this.#parts = parts;
  }

  /** Sends a push of a conversation to a gateway, after the earlier ones of that conversation. */
  push(gatewayId: string, conversationId: string, request: PushRequest): void {
    let lane = this.#lanes.get(gatewayId);
    if (lane === undefined) {
      lane = this.#open(gatewayId);
      this.#lanes.set(gatewayId, lane);
    }
    if (!lane.add(conversationId, request)) this.#parts.onDropped(1);
  }

  /** Pushes that wait. */
  get size(): number {
    let size = 0;
    for (const lane of this.#lanes.values()) size += lane.size;
    return size;
  }

  /** Resolves when every lane is idle. */
  async idle(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle()));
  }

  /** Forgets what waits. */
  clear(): void {
    for (const lane of this.#lanes.values()) lane.clear();
  }

  #open(gatewayId: string): KeyedBatches<PushRequest> {
    const { concurrency, capacity, onFailed } = this.#parts;
    const lane = new KeyedBatches<PushRequest>({
      concurrency,
      capacity,
      maxBatch: 64,
      handle: async (_conversationId, requests) => {
        await this.#deliver(gatewayId, requests);
        // Instance ids are new for every start: lanes of the gone must not pile up.
        if (lane.size === 0) queueMicrotask(() => this.#forgetIdle(gatewayId, lane));
      },
      onError: (error, _conversationId, requests) => onFailed(error, requests.length),
    });
    return lane;
  }

  #forgetIdle(gatewayId: string, lane: KeyedBatches<PushRequest>): void {
    if (lane.isIdle) this.#lanes.delete(gatewayId);
  }

  async #deliver(instance: string, requests: readonly PushRequest[]): Promise<void> {
    const { gateways, deadlineMs, onDelivered, onFailed } = this.#parts;
    for (const [index, request] of requests.entries()) {
      try {
        await gateways.push(request, { instance, deadlineMs });
        onDelivered();
      } catch (error) {
        // What one call could not reach the next ones would wait for in vain; the devices will sync.
        onFailed(error, requests.length - index);
        return;
      }
    }
  }
}
