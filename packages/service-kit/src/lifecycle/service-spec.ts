import type { ServiceDiscovery } from '@mpim/governance';
import type { RpcChannel, RpcProvider } from '@mpim/mprpc';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { Migration } from '../database/migrations.ts';
import type { SettingsSchema } from '../settings/common-settings.ts';

/**
 * What one service package exports: its name, its settings and how its own parts start.
 * Everything around it (ZooKeeper, RPC, health, signals) is {@link startService}'s.
 *
 * @example
 * export const echoService = defineService({
 *   name: 'user',
 *   settings: commonSettings.extend({ greeting: z.string().default('hello').describe('First word') }),
 *   async start({ provider, settings }) {
 *     provider.notifyService(EchoServiceRpcDefinition, { echo: () => ({ text: settings.greeting }) });
 *     return {};
 *   },
 * });
 */
export interface ServiceSpec<Schema extends SettingsSchema = SettingsSchema> {
  /** E.g. `user`: the first part of every instance id, and of the names of its files. */
  readonly name: string;
  /** Own settings on top of the common ones: `commonSettings.extend({ … })`. */
  readonly settings: Schema;
  /**
   * Opens what the service owns and announces its RPC services with `context.provider.notifyService`.
   * Runs before the provider listens, so no call arrives before it is done.
   */
  start(context: ServiceContext<z.output<Schema>>): Promise<ServiceParts>;
}

/** What a service is given to work with. All of it is closed for the service after {@link ServiceParts.close}. */
export interface ServiceContext<Settings = z.output<SettingsSchema>> {
  readonly settings: Settings;
  /** `<name>-` and eight hexadecimal digits; new for every start. Last part of `/services/<Service>/<instanceId>`. */
  readonly instanceId: string;
  readonly logger: Logger;
  /** Served at `/metrics`; carries the labels `service` and `instance`. */
  readonly metrics: Registry;
  /** May be without a session: ZooKeeper being away stops neither start nor service. */
  readonly zk: ZooKeeperClient;
  readonly discovery: ServiceDiscovery;
  /** Calls to other services, by name. */
  readonly channel: RpcChannel;
  readonly provider: RpcProvider;
  /** Exists, mode 0700. */
  readonly dataDir: string;
  /** Opens `<dataDir>/<name>.db` and brings its schema up to date; closed after {@link ServiceParts.close}. */
  openDatabase<Tables>(name: string, migrations: readonly Migration[]): Promise<Kysely<Tables>>;
  /** Aborted when the service begins to close: ends timers and loops. */
  readonly signal: AbortSignal;
}

/** What a started service hands back; every part is optional. */
export interface ServiceParts {
  /** `true`, or why the service cannot serve now; the text appears at `/readyz`. */
  ready?: () => boolean | string;
  /** Called after the provider has finished its calls; finish what was promised (queues, clients' connections). */
  drain?: () => Promise<void>;
  /** Called last, before database, channel and ZooKeeper are closed. */
  close?: () => Promise<void>;
  /** Put into the instance record and the supervisor's ready message, e.g. the gateway's address. */
  metadata?: Record<string, string>;
}

/** A service that is up. */
export interface RunningService extends AsyncDisposable {
  readonly name: string;
  readonly instanceId: string;
  /** Where the RPC provider listens. */
  readonly host: string;
  readonly port: number;
  /** Port of `/healthz`, `/readyz` and `/metrics`. */
  readonly adminPort: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Resolves when the instance record is in ZooKeeper for the first time. */
  readonly registered: Promise<void>;
  /** Empty when ready; otherwise the reasons that `/readyz` gives. */
  notReady(): string[];
  /** Not ready → deregister → provider drain → `drain` → `close`. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

/** Sent by `process.send` to a supervisor as soon as the service serves calls. */
export interface ReadyMessage {
  type: 'ready';
  instanceId: string;
  host: string;
  port: number;
  adminPort: number;
  metadata: Record<string, string>;
}

/** Gives `start` the type of the settings; returns the spec unchanged. */
export function defineService<Schema extends SettingsSchema>(
  spec: ServiceSpec<Schema>,
): ServiceSpec<Schema> {
  return spec;
}
