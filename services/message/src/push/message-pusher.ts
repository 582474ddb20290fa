import type { Access, Audience } from '../access/access.ts';
import type { Pusher } from '../sending/sender.ts';
import { type StoredMessage, toMessage } from '../store/stored-message.ts';
import type { GatewayLanes } from './gateway-lanes.ts';
import { KeyedBatches } from './keyed-batches.ts';
import type { RouteFinder } from './route-finder.ts';

interface Push {
  readonly message: StoredMessage;
  readonly audience: Audience;
  readonly exceptConnectionId: string;
}

/** What a {@link MessagePusher} works with. */
export interface MessagePusherParts {
  readonly access: Access;
  readonly routes: RouteFinder;
  readonly lanes: GatewayLanes;
  /** Conversations looked up at the same time. */
  readonly concurrency: number;
  /** Messages that may wait to be looked up. */
  readonly capacity: number;
  readonly onFailed: (error: unknown, count: number) => void;
  readonly onDropped: (count: number) => void;
}

/**
 * Brings committed messages to the gateways of everybody who may see them. A hint only: what fails or does not fit the
 * queue is counted and forgotten, and the devices find it when they sync.
 *
 * Members are read after the commit, once for all messages of a conversation that wait: who has left by then gets
 * nothing, who has joined gets it.
 */
export class MessagePusher implements Pusher {
  readonly #parts: MessagePusherParts;
  readonly #queue: KeyedBatches<Push>;

  constructor(parts: MessagePusherParts) {
    this.#parts = parts;
    this.#queue = new KeyedBatches<Push>({
      concurrency: parts.concurrency,
      capacity: parts.capacity,
      maxBatch: 256,
      handle: (conversationId, pushes) => this.#dispatch(conversationId, pushes),
      onError: (error, _conversationId, pushes) => parts.onFailed(error, pushes.length),
    });
  }

  push(message: StoredMessage, audience: Audience, exceptConnectionId: string): void {
    const taken = this.#queue.add(message.conversationId, {
      message,
      audience,
      exceptConnectionId,
    });
    if (!taken) this.#parts.onDropped(1);
  }

  /** Messages and pushes that wait. */
  get size(): number {
    return this.#queue.size + this.#parts.lanes.size;
  }

  /** Resolves when everything is pushed or `timeoutMs` have passed; then what still waits is forgotten. */
  async drain(timeoutMs: number): Promise<void> {
    const finished = this.#queue.idle().then(() => this.#parts.lanes.idle());
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([finished, late]);
    clearTimeout(timer);
    this.#queue.clear();
    this.#parts.lanes.clear();
  }

  async #dispatch(conversationId: string, pushes: readonly Push[]): Promise<void> {
    const latest = pushes.at(-1);
    if (latest === undefined) return;
    const members = await this.#parts.access.members(latest.audience);
    const routes = await this.#parts.routes.find(members);
    for (const [gatewayId, users] of routes) {
      for (const { message, exceptConnectionId } of pushes) {
        const request = { users: [...users], message: toMessage(message), exceptConnectionId };
        this.#parts.lanes.push(gatewayId, conversationId, request);
      }
    }
  }
}
