import type { ConnectResponse } from '../../protocol/index.ts';
import { Call } from '../calls/call.ts';
import type { Clock, Random } from '../clock.ts';
import type { Connection } from '../connection/connection.ts';
import { exists } from '../operations/operation.ts';
import { ReadWriteSearch, type ReadWriteSearchOptions } from './read-write-search.ts';

/** What a {@link ReadWriteMove} is made from. */
export interface ReadWriteMoveOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** To the read-only server. */
  readonly from: Connection;
  readonly dial: ReadWriteSearchOptions['dial'];
  /** The client is to use this connection from now on. */
  moved(next: Connection, response: ConnectResponse): void;
  /** The server that was found has gone again. */
  failed(): void;
}

/**
 * From a read-only server to one that takes writes: the search, and the move as soon as the old connection has
 * answered all it was asked.
 */
export class ReadWriteMove {
  readonly #options: ReadWriteMoveOptions;
  readonly #search: ReadWriteSearch;
  /** Open to the server that takes writes. */
  #next: Connection | null = null;

  constructor(options: ReadWriteMoveOptions) {
    this.#options = options;
    const { clock, random, dial } = options;
    this.#search = new ReadWriteSearch({
      clock,
      random,
      dial,
      found: (connection, response) => this.#found(connection, response),
    });
  }

  /** Whether a server was found: what is asked now is for it. */
  get isUnderWay(): boolean {
    return this.#next !== null;
  }

  /** Ends the search; a move that is under way goes on. */
  endSearch(): void {
    this.#search.stop();
  }

  /** Ends all of it. */
  stop(cause: Error): void {
    this.#search.stop();
    const next = this.#next;
    this.#next = null;
    next?.close(cause);
  }

  /** Answers come in order: behind that of one more call nothing is under way on the old connection. */
  #found(next: Connection, response: ConnectResponse): void {
    this.#next = next;
    const last = new Call(exists, { path: '/', watch: false }, '');
    const move = () => {
      if (this.#next !== next) return;
      this.#next = null;
      if (next.isClosed()) this.#options.failed();
      else this.#options.moved(next, response);
    };
    last.promise.then(move, move);
    this.#options.from.send(last);
  }
}
