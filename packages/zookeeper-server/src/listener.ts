import { ZooKeeperServerError } from './errors.ts';
import { listenError } from './listen-error.ts';
import { namesOf, requireKnown } from './options/known-names.ts';
import { requireKnownTls } from './tls/known-tls.ts';
import { readTlsStores, type TlsStores } from './tls/tls-stores.ts';
import type { ListenAt, ListenerTls, ServerSocket, Transport, TransportDoor } from './transport.ts';

/** Where a listener waits for connections. */
export interface ListenOptions {
  /** Default: the server's own address. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Makes it a door for TLS only. */
  tls?: ListenerTls | TlsStores;
}

/**
 * One door to a server's tree. Several can be open at once and each can be shut without the others, so that
 * to its clients a single server looks like an ensemble that loses members.
 */
export class Listener implements AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  readonly #door: TransportDoor;
  readonly #onClosed: (listener: Listener) => void;
  #stopped: Promise<void> | null = null;

  private constructor(door: TransportDoor, host: string, onClosed: (listener: Listener) => void) {
    this.#door = door;
    this.host = host;
    this.#onClosed = onClosed;
  }

  /**
   * Opens a door and hands each connection that comes through it to `accept`; `onClosed` is called once it is shut
   * and all who came through it have gone.
   * Throws `ZooKeeperServerError`: `LISTEN_FAILED` when the address cannot be had, `BAD_OPTION` for certificates that
   * cannot be read.
   */
  static async open(
    transport: Transport,
    { tls, ...at }: ListenOptions & Omit<ListenAt, 'tls'>,
    accept: (socket: ServerSocket) => void,
    onClosed: (listener: Listener) => void,
  ): Promise<Listener> {
    const secured = tls === undefined ? {} : { tls: await readTls(tls) };
    try {
      return new Listener(await transport.listen({ ...at, ...secured }, accept), at.host, onClosed);
    } catch (cause) {
      if (isAboutTls(cause)) {
        const message = `the certificates for ${at.host}:${at.port} cannot be used: ${cause.message}`;
        throw new ZooKeeperServerError('BAD_OPTION', message, { cause });
      }
      throw listenError('the server', at, cause);
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
    this.#stopped ??= this.#door.close().then(() => this.#onClosed(this));
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

const LISTEN_OPTIONS = namesOf<ListenOptions>({ host: true, port: true, tls: true });

/** Throws `ZooKeeperServerError` `BAD_OPTION` for a field that {@link ListenOptions} do not have. */
export function requireKnownListen(options: ListenOptions): void {
  requireKnown('options', options, LISTEN_OPTIONS);
  requireKnownTls('tls', options.tls);
}

/** Whether clients of a door can be known by their certificates. */
export function asksForCertificates(tls: ListenerTls | TlsStores | null | undefined): boolean {
  if (tls === null || tls === undefined || tls.clientAuth === 'none') return false;
  return 'keyStore' in tls ? tls.trustStore !== undefined : tls.ca !== undefined;
}

function readTls(tls: ListenerTls | TlsStores): Promise<ListenerTls> | ListenerTls {
  return 'keyStore' in tls ? readTlsStores(tls) : tls;
}

/** OpenSSL names its complaints so; those of the network have names of the system. */
function isAboutTls(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return /^ERR_(OSSL|SSL|TLS|CRYPTO)/.test(code) || /mac verify|PKCS|PEM|PFX/i.test(error.message);
}
