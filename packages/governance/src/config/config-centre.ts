import type { Acl, Stat, ZooKeeperClient } from '@mpim/zookeeper';
import { GovernanceError } from '../errors.ts';
import type { GovernanceLogger } from '../log.ts';
import { CONFIG_ROOT, configPath } from '../tree.ts';
import { hasCode, isMissing } from '../zookeeper-faults.ts';
import { type ConfigDocument, encodeDocument, type JsonObject, toDocument } from './document.ts';
import { DocumentFeed } from './document-feed.ts';

/** How a {@link ConfigCentre} works. */
export interface ConfigCentreOptions {
  /** Of the nodes it creates; open to everybody unless told. */
  acl?: readonly Acl[];
  /** A watched document is read again after this long even if no watch fired, ms. Default 60,000. */
  rereadIntervalMs?: number;
  logger?: GovernanceLogger;
}

/** What {@link ConfigCentre.set} may be told. */
export interface SetConfigOptions {
  /** Write only over this version; `null`: only if there is no document yet. Whatever is there unless told. */
  expectedVersion?: number | null;
}

/**
 * Configuration documents of services: `/config/services/<Service>`.
 *
 * @example
 * const config = new ConfigCentre(zk);
 * await config.set('UserServiceRpc', { sessionHours: 12 });
 * for await (const document of config.watch('UserServiceRpc', { signal })) apply(document?.value ?? {});
 */
export class ConfigCentre {
  readonly #zk: ZooKeeperClient;
  readonly #options: ConfigCentreOptions;

  constructor(zk: ZooKeeperClient, options: ConfigCentreOptions = {}) {
    this.#zk = zk;
    this.#options = options;
  }

  /** The document, or `null` when there is none. Throws INVALID_DOCUMENT when the node holds no JSON object. */
  async get(service: string): Promise<ConfigDocument | null> {
    const path = configPath(service);
    try {
      const { data, stat } = await this.#zk.get(path);
      return toDocument(service, data, stat);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /**
   * Writes the document and returns it with its new version. Throws `GovernanceError`: VERSION_CONFLICT with the
   * `actualVersion` when another one was expected, INVALID_DOCUMENT when it is no JSON object or too large.
   */
  async set(
    service: string,
    value: JsonObject,
    options: SetConfigOptions = {},
  ): Promise<ConfigDocument> {
    const path = configPath(service);
    const data = encodeDocument(path, value);
    const { expectedVersion } = options;
    for (;;) {
      try {
        const stat =
          expectedVersion === null
            ? await this.#create(path, data)
            : await this.#zk.set(path, data, { version: expectedVersion ?? -1 });
        return toDocument(service, data, stat);
      } catch (error) {
        if (expectedVersion === undefined && isMissing(error)) {
          const stat = await this.#createUnlessThere(path, data);
          if (stat !== undefined) return toDocument(service, data, stat);
          continue;
        }
        if (!hasCode(error, 'BAD_VERSION', 'NO_NODE', 'NODE_EXISTS')) throw error;
        throw await this.#conflict(path, expectedVersion ?? null, error);
      }
    }
  }

  /**
   * The document now, then after every change the newest one (changes in quick succession may be skipped), until
   * the signal aborts or the loop is left. A document that is no JSON object is logged and left out: the last good
   * one stands.
   */
  async *watch(
    service: string,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<ConfigDocument | null, void, undefined> {
    const { signal } = options;
    using feed = new DocumentFeed(this.#zk, service, this.#options);
    const stop = (): void => feed.end();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (signal?.aborted) return;
      for (;;) {
        const next = await feed.next();
        if (next === undefined) return;
        yield next.document;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async #create(path: string, data: Buffer): Promise<Stat> {
    const { acl } = this.#options;
    const options = acl === undefined ? {} : { acl: [...acl] };
    await this.#zk.ensurePath(CONFIG_ROOT, options);
    const { stat } = await this.#zk.create(path, data, options);
    return stat;
  }

  async #createUnlessThere(path: string, data: Buffer): Promise<Stat | undefined> {
    try {
      return await this.#create(path, data);
    } catch (error) {
      if (hasCode(error, 'NODE_EXISTS')) return undefined;
      throw error;
    }
  }

  async #conflict(path: string, expected: number | null, cause: unknown): Promise<GovernanceError> {
    const actualVersion = (await this.#zk.exists(path))?.version ?? null;
    const wanted = expected === null ? 'no document' : `version ${expected}`;
    const found = actualVersion === null ? 'none' : `version ${actualVersion}`;
    return new GovernanceError(
      'VERSION_CONFLICT',
      `${path}: expected ${wanted}, found ${found}; read it again and repeat the change`,
      { path, actualVersion, cause },
    );
  }
}
