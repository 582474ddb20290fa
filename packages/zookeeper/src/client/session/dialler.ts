import type { ConnectResponse } from '../../protocol/index.ts';
import type { Backlog } from '../calls/backlog.ts';
import { Connection } from '../connection/connection.ts';
import type { ConnectionHandlers } from '../connection/connection-options.ts';
import type { Traffic } from '../connection/traffic.ts';
import { formatHost, type HostPort } from '../hosts/connect-string.ts';
import { farewell } from './farewell.ts';
import type { Grant, Wanted } from './grant.ts';
import type { SessionOptions } from './session-options.ts';

const SHORTEST_OPEN_TIMEOUT_MS = 250;

/** What a session hears of each of its connections, whatever it was made for. */
export type CommonHandlers = Pick<ConnectionHandlers, 'refused' | 'notified' | 'authAnswered'>;

/** What becomes of a connection. */
export interface DialHandlers {
  opened(connection: Connection, response: ConnectResponse): void;
  closed(connection: Connection, cause: Error): void;
}

/** Makes a session's connections. */
export class Dialler {
  readonly #options: SessionOptions;
  readonly #grant: Grant;
  readonly #backlog: Backlog;
  readonly #traffic: Traffic;
  readonly #common: CommonHandlers;

  /** The connections count in `backlog` and `traffic`, and keep the grant's `lastZxid` up to date. */
  constructor(
    options: SessionOptions,
    grant: Grant,
    counts: { readonly backlog: Backlog; readonly traffic: Traffic },
    common: CommonHandlers,
  ) {
    this.#options = options;
    this.#grant = grant;
    this.#backlog = counts.backlog;
    this.#traffic = counts.traffic;
    this.#common = common;
  }

  /**
   * Asks the next server for the session. `replaced` hears of the connection that follows when the server is
   * read-only and does not take the session.
   */
  dialNext(handlers: DialHandlers & { replaced(connection: Connection): void }): Connection {
    const { hosts, readOnly } = this.#options;
    const host = hosts.next();
    return this.#dial(host, readOnly ? 'read-only-will-do' : 'read-write', {
      opened: handlers.opened,
      closed: (connection, cause) => {
        const isReadOnly = readOnly && this.#grant.isHeld && connection.wasTurnedAway;
        if (isReadOnly) handlers.replaced(this.#dialAside(host, handlers));
        else handlers.closed(connection, cause);
      },
    });
  }

  /** Asks a server that takes writes for the session; not the one that is named, unless there is no other. */
  dialAnother(name: string, handlers: DialHandlers): Connection {
    const { hosts } = this.#options;
    const host = hosts.next();
    return this.#dial(formatHost(host) === name ? hosts.next() : host, 'read-write', handlers);
  }

  /**
   * A read-only server turns away whoever has a session with the ensemble (ZooKeeper since 3.6: "Refusing global
   * session reconnection in RO mode"), but may open one of its own, to read with until the search is over.
   */
  #dialAside(host: HostPort, handlers: DialHandlers): Connection {
    return this.#dial(host, 'local', {
      opened: (connection, response) => {
        if (response.readOnly === true) handlers.opened(connection, response);
        else void this.#giveBack(connection);
      },
      closed: handlers.closed,
    });
  }

  /** The server takes writes after all: there it is the session that is wanted, not a second one. */
  async #giveBack(connection: Connection): Promise<void> {
    await farewell(connection, this.#options.clock);
    connection.close(new Error(`${connection.host} takes writes again`));
  }

  /** Each server gets its share of the time there is for all of them. */
  #dial(host: HostPort, wanted: Wanted, { opened, closed }: DialHandlers): Connection {
    const { hosts, clock, transport, connectTimeoutMs, sasl, limits } = this.#options;
    const budgetMs = Math.min(connectTimeoutMs, this.#grant.timeoutMs) / hosts.size;
    const { refused, notified, authAnswered } = this.#common;
    const connection = new Connection(
      {
        host,
        transport,
        clock,
        sasl,
        limits,
        backlog: this.#backlog,
        traffic: this.#traffic,
        openTimeoutMs: Math.max(SHORTEST_OPEN_TIMEOUT_MS, Math.round(budgetMs)),
        request: this.#grant.request(wanted),
      },
      {
        opened: (response) => opened(connection, response),
        closed: (cause) => closed(connection, cause),
        refused,
        notified,
        authAnswered,
        seen: (zxid) => {
          this.#grant.lastZxid = zxid;
        },
      },
    );
    return connection;
  }
}
