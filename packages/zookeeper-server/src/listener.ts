import { ZooKeeperServerError } from './errors.ts';
import type { ListenerTls, ServerSocket, Transport, TransportDoor } from './transport.ts';

/** Where a listener waits for connections. */
export interface ListenOptions {
  /** Default: the server's own address. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Makes it a door for TLS only. */
  tls?: ListenerTls;
}

/**
 * One door to a server's tree. Several can be open at once and each can be shut without the others, so that
 * to its clients a single server looks like an ensemble that loses members.
 */
export class Listener implements AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  readonly #door: TransportDoor;
  #stopped: Promise<void> | null = null;

  private constructor(door: TransportDoor, host: string) {
    this.#door = door;
    this.host = host;
  }

  /**
   * Opens a door and hands each connection that comes through it to `accept`.
   * Throws `ZooKeeperServerError` `LISTEN_FAILED` when the address cannot be had.
   */
  static async open(
    transport: Transport,
    at: ListenOptions & { host: string; port: number },
    accept: (socket: ServerSocket) => void,
  ): Promise<Listener> {
    try {
      return new Listener(await transport.listen(at, accept), at.host);
    } catch (cause) {
      const message = `cannot listen on ${at.host}:${at.port}; choose another port or stop what uses it`;
      throw new ZooKeeperServerError('LISTEN_FAILED', message, { cause });
    }
  }

  /** Port it listens on. */
  get port(): number {
    return this.#door.port;
  }

  /** `host:port`, as clients want it. */
  get connectString(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** Cuts the connections that came through this door; their sessions live on. */
  dropConnections(): void {
    this.#door.dropConnections();
  }

  /** Lets nobody in any more, but leaves the connections there are. */
  close(): void {
    this.#stopped ??= this.#door.close();
  }

  /** Stops listening and cuts the connections that came through this door; their sessions live on. */
  async stop(): Promise<void> {
    this.close();
    this.dropConnections();
    await this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
