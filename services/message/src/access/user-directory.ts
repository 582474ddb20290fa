import type { RpcClient } from '@mpim/mprpc';
import type { UserServiceRpcDefinition } from '@mpim/protocol';
import { ask } from './ask.ts';
import type { Caller, UserDirectory } from './directories.ts';

/** How many users are remembered. */
const CAPACITY = 20_000;

/**
 * Asks the user service, and remembers who exists: accounts stay, so a "yes" stays true. A "no" is asked again each
 * time, because the user may register the next moment.
 */
export class RpcUserDirectory implements UserDirectory {
  readonly #client: RpcClient<UserServiceRpcDefinition>;
  readonly #deadlineMs: number;
  readonly #capacity: number;
  /** In the order of last use. */
  readonly #known = new Set<string>();

  constructor(
    client: RpcClient<UserServiceRpcDefinition>,
    deadlineMs: number,
    capacity: number = CAPACITY,
  ) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#capacity = capacity;
  }

  async exists(user: string, caller?: Caller): Promise<boolean> {
    if (this.#known.delete(user)) {
      this.#known.add(user);
      return true;
    }
    const found = await ask('user', this.#deadlineMs, caller, (options) =>
      this.#client.findUsers({ users: [user] }, options),
    );
    if (!found.users.includes(user)) return false;
    this.#known.add(user);
    const [oldest] = this.#known;
    if (this.#known.size > this.#capacity && oldest !== undefined) this.#known.delete(oldest);
    return true;
  }
}
