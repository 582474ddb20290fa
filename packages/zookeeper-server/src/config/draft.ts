import type { AdminOptions } from '../options/network.ts';
import type { ZooKeeperServerOptions } from '../options.ts';
import type { StoreType } from '../tls/tls-stores.ts';
import type { ClientAuth } from '../transport.ts';

/** The same, to be filled in. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A key or trust store as far as the file has told of it. */
export interface StoreDraft {
  location?: string;
  password?: string;
  passwordFile?: string;
  type?: StoreType;
}

/** What a `zoo.cfg` has said so far: options, and what several lines say together. */
export class ZooCfgDraft {
  readonly options: Mutable<ZooKeeperServerOptions> = { host: '0.0.0.0', purgeIntervalHours: 0 };
  readonly secure: { host?: string; port?: number } = {};
  readonly keyStore: StoreDraft = {};
  readonly trustStore: StoreDraft = {};
  clientAuth: ClientAuth | undefined;
  protocols: readonly string[] | undefined;
  ciphers: readonly string[] | undefined;
  readonly admin: Mutable<AdminOptions> = {};
  isAdminWanted: boolean | undefined;
  readonly prometheus: Mutable<AdminOptions> = {};
  isPrometheusWanted = false;
  isAuthEnforced = false;
  isSaslDemanded = false;
  enforcedSchemes: readonly string[] = [];
  isReadOnlyModeOn = false;
}
