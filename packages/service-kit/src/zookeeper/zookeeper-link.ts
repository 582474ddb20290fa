import {
  type OperationObserver,
  type SessionState,
  type TlsFiles,
  ZooKeeperClient,
} from '@mpim/zookeeper';
import type { Logger } from 'pino';
import { refusedIdentity } from './refusal.ts';
import type { ZooKeeperAuth } from './zookeeper-auth.ts';

/** How long it may take to connect, or to be back, before the log says what is wrong, ms. */
const PATIENCE_MS = 3_000;
/** How often the log repeats that ZooKeeper is still away, ms. */
const STILL_AWAY_MS = 60_000;

/**
 * A service's ZooKeeper session, which may come late, be cut and be renewed: the service goes on meanwhile. Says
 * in the log what happens to it.
 */
export class ZooKeeperLink implements AsyncDisposable {
  readonly client: ZooKeeperClient;
  readonly #connectString: string;
  readonly #authFile: string | undefined;
  readonly #logger: Logger;
  #reminder: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: {
    connectString: string;
    sessionTimeoutMs: number;
    followEnsemble: boolean;
    maxPacketBytes: number;
    maxAnswerBytes: number;
    measureOperations: OperationObserver;
    auth?: ZooKeeperAuth | undefined;
    /** Looked at every `tlsLookMs`, so that the log tells of files that cannot be used before they are needed. */
    tls?: TlsFiles | undefined;
    tlsLookMs: number;
    logger: Logger;
  }) {
    this.#connectString = options.connectString;
    this.#authFile = options.auth?.file;
    this.#logger = options.logger;
    this.client = ZooKeeperClient.startConnecting({
      connectString: options.connectString,
      sessionTimeoutMs: options.sessionTimeoutMs,
      followEnsemble: options.followEnsemble,
      maxPacketBytes: options.maxPacketBytes,
      maxAnswerBytes: options.maxAnswerBytes,
      renewExpiredSession: true,
      measureOperations: options.measureOperations,
      tls: options.tls,
      auth: options.auth?.auth,
      sasl: options.auth?.sasl,
    });
    for (const warning of options.auth?.warnings ?? []) this.#logger.warn(warning);
    this.client.on('state', (state) => this.#say(state));
    this.client.on('hosts', (servers) =>
      this.#logger.info({ servers }, 'the ZooKeeper ensemble has named its servers'),
    );
    this.client.on('hosts-refused', (err) =>
      this.#logger.warn(
        { err },
        'the servers of the ZooKeeper ensemble cannot be followed: going on with those known',
      ),
    );
    this.#remind(PATIENCE_MS);
    if (options.tls !== undefined) this.#lookAfter(options.tls, options.tlsLookMs);
  }

  /** Why there is no session to work with; `undefined` when there is one. */
  get problem(): string | undefined {
    const { state } = this.client;
    switch (state.kind) {
      case 'connected':
        return undefined;
      case 'suspended':
        return `ZooKeeper at ${this.#connectString} is away since ${new Date(state.since).toISOString()}${this.#reasons}`;
      case 'auth-failed':
        return refusedIdentity(this.#connectString, this.#authFile, { message: state.reason });
      default:
        return `ZooKeeper at ${this.#connectString} does not answer${this.#reasons}`;
    }
  }

  /** What the servers that were tried said, or how they failed. */
  get #reasons(): string {
    const reasons = [...this.client.failures].map(([host, reason]) => `${host}: ${reason}`);
    return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  }

  /** Ends the session, and with it the instance's nodes. */
  async close(): Promise<void> {
    clearTimeout(this.#reminder);
    clearInterval(this.#looking);
    this.client.removeAllListeners('state');
    await this.client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #lookAfter(tls: TlsFiles, everyMs: number): void {
    tls.on('reloaded', () =>
      this.#logger.info('the next connection to ZooKeeper uses the new certificates'),
    );
    tls.on('refused', (err) =>
      this.#logger.warn(
        { err },
        'the new certificates for ZooKeeper cannot be used: going on with the old ones',
      ),
    );
    this.#looking = setInterval(() => tls.look(), everyMs);
    this.#looking.unref();
  }

  #say(state: SessionState): void {
    clearTimeout(this.#reminder);
    switch (state.kind) {
      case 'connected':
        this.#logger.info(
          { host: state.host, session: `0x${state.sessionId.toString(16)}` },
          'connected to ZooKeeper',
        );
        return;
      case 'suspended':
        this.#logger.warn(
          'the connection to ZooKeeper is cut: going on with the last known addresses',
        );
        break;
      case 'expired':
        this.#logger.warn('the ZooKeeper session has expired: opening another one');
        return;
      case 'auth-failed':
        this.#logger.error(this.problem);
        break;
      default:
        break;
    }
    this.#remind(state.kind === 'auth-failed' ? STILL_AWAY_MS : PATIENCE_MS);
  }

  #remind(ms: number): void {
    this.#reminder = setTimeout(() => {
      if (this.client.state.kind === 'auth-failed') this.#logger.error(this.problem);
      else this.#logger.warn(`${this.problem}; serving without it and trying on`);
      this.#remind(STILL_AWAY_MS);
    }, ms);
    this.#reminder.unref();
  }
}
