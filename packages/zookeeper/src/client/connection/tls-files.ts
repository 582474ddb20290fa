import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import { requireText } from '../arguments.ts';
import type { ZooKeeperError } from '../errors.ts';
import { badTls, checkTlsOptions, type TlsServer, tlsContext } from './tls-context.ts';

/** Where certificates and key lie, PEM. See `TlsOptions` for what each is. */
export interface TlsPaths {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** How {@link TlsFiles} are used. */
export interface TlsFilesOptions extends TlsPaths, TlsServer {
  /** What the key is encrypted with. */
  readonly passphrase?: string | undefined;
}

/** What {@link TlsFiles} emit. */
export interface TlsFilesEvents {
  /** The files have changed; connections made from now on use what they hold. */
  reloaded: [];
  /** The files have changed and cannot be used; the last good ones stay in use. Told once for each reason. */
  refused: [error: ZooKeeperError];
}

/** Published on `mpim:zookeeper:tls` when files of {@link TlsFiles} have changed. */
export interface TlsMessage {
  readonly paths: TlsPaths;
  /** Why they cannot be used; undefined when they are in use. */
  readonly error: ZooKeeperError | undefined;
}

type Contents = Partial<Record<keyof TlsPaths, Buffer>>;

const changes = channel('mpim:zookeeper:tls');

/**
 * TLS with certificates that are replaced while the client lives: the files are looked at before each connection, so
 * that the next one uses what they hold then; the one that is open goes on. A set that cannot be read, or of which
 * only a part has been replaced, changes nothing.
 *
 * Several clients can share one. Replace files by renaming, so that nobody reads half of one.
 *
 * @example
 * const tls = new TlsFiles({ ca: '/etc/zk/ca.pem', cert: '/etc/zk/cert.pem', key: '/etc/zk/key.pem' });
 * tls.on('refused', (error) => console.warn(error.message));
 * await using zk = await ZooKeeperClient.connect({ connectString: 'zk.example.com:2281', tls });
 */
export class TlsFiles extends EventEmitter<TlsFilesEvents> {
  /** As {@link TlsFilesOptions} has it. */
  readonly serverName: string | undefined;
  readonly verifyHost: boolean;
  readonly #paths: TlsPaths;
  readonly #passphrase: string | undefined;
  #contents: Contents;
  #context: SecureContext;
  #told = '';

  /** Throws `BAD_ARGUMENTS` when a file cannot be read or used, or certificate and key do not belong together. */
  constructor(options: TlsFilesOptions) {
    super();
    checkTlsOptions(options);
    const { ca, cert, key, passphrase, serverName, verifyHost = true } = options;
    for (const [name, path] of Object.entries({ ca, cert, key })) {
      requireText(`options.tls.${name}`, path);
    }
    this.#paths = { ca, cert, key };
    this.#passphrase = passphrase;
    this.serverName = serverName;
    this.verifyHost = verifyHost;
    this.#contents = read(this.#paths);
    this.#context = this.#contextOf(this.#contents);
  }

  /** Whether a certificate of one's own is shown to servers. */
  get hasCertificate(): boolean {
    return this.#paths.cert !== undefined;
  }

  /** What to connect with now: of the files as they are, or were when they could last be used. */
  get context(): SecureContext {
    this.look();
    return this.#context;
  }

  /**
   * Looks whether the files have changed. Happens before each connection; call it now and then to hear of files that
   * cannot be used before the day on which they are needed. Never throws.
   */
  look(): void {
    try {
      const contents = read(this.#paths);
      if (isSame(contents, this.#contents)) {
        this.#told = '';
        return;
      }
      this.#context = this.#contextOf(contents);
      this.#contents = contents;
      this.#told = '';
      this.#tell(undefined);
    } catch (error) {
      const refusal = error as ZooKeeperError;
      if (refusal.message === this.#told) return;
      this.#told = refusal.message;
      this.#tell(refusal);
    }
  }

  #contextOf(contents: Contents): SecureContext {
    const paths = Object.values(this.#paths).filter((path) => path !== undefined);
    return tlsContext({ ...contents, passphrase: this.#passphrase }, paths.join(', '));
  }

  #tell(error: ZooKeeperError | undefined): void {
    if (changes.hasSubscribers) {
      const message: TlsMessage = { paths: this.#paths, error };
      changes.publish(message);
    }
    // Later, so that a listener that throws does not keep the client from connecting.
    queueMicrotask(() => {
      if (error === undefined) this.emit('reloaded');
      else this.emit('refused', error);
    });
  }
}

/** Not asynchronous: a connection is made with what the files hold at that moment, and they are small. */
function read(paths: TlsPaths): Contents {
  const contents: Contents = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = paths[name];
    if (path === undefined) continue;
    try {
      contents[name] = readFileSync(path);
    } catch (cause) {
      throw badTls(`${name} cannot be read: ${String(cause)}`, cause);
    }
  }
  return contents;
}

function isSame(some: Contents, others: Contents): boolean {
  return (['ca', 'cert', 'key'] as const).every((name) => {
    const [one, other] = [some[name], others[name]];
    return one === undefined || other === undefined ? one === other : one.equals(other);
  });
}
