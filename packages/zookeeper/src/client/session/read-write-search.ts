import type { ConnectResponse } from '../../protocol/index.ts';
import type { Clock, ClockTimer, Random } from '../clock.ts';
import type { Connection } from '../connection/connection.ts';

const FIRST_MS = 100;
const LONGEST_MS = 2000;

/** What a {@link ReadWriteSearch} is made from. */
export interface ReadWriteSearchOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the next server for the session, and not to be content with reads. */
  dial(handlers: {
    opened(connection: Connection, response: ConnectResponse): void;
    closed(): void;
  }): Connection;
  /** A server that takes writes has taken up the session on this connection, or says that it is gone. */
  found(connection: Connection, response: ConnectResponse): void;
}

/**
 * The search for a read-write server while the client is served by a read-only one: asks one server after the other,
 * with growing pauses. Read-only servers hang up on such a question; the first other one takes up the session, and
 * the client moves there without having been without a server.
 */
export class ReadWriteSearch {
  readonly #options: ReadWriteSearchOptions;
  #timer: ClockTimer | null = null;
  #connection: Connection | null = null;
  #spanMs = FIRST_MS;

  constructor(options: ReadWriteSearchOptions) {
    this.#options = options;
    this.#pause();
  }

  /** Ends it; a connection that was found is not touched. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const connection = this.#connection;
    this.#connection = null;
    connection?.close(new Error('the search has ended'));
  }

  #pause(): void {
    const { clock, random } = this.#options;
    const delay = this.#spanMs / 2 + (random() * this.#spanMs) / 2;
    this.#spanMs = Math.min(LONGEST_MS, this.#spanMs * 2);
    this.#timer = clock.setTimeout(() => this.#ask(), delay);
  }

  #ask(): void {
    this.#timer = null;
    this.#connection = this.#options.dial({
      opened: (connection, response) => {
        this.#connection = null;
        this.#options.found(connection, response);
      },
      closed: () => {
        if (this.#connection === null) return;
        this.#connection = null;
        this.#pause();
      },
    });
  }
}
