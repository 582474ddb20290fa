/** @mpim/service-kit: what every MPIM process shares. */

export type { Migration } from './database/migrations.ts';
export type {
  ReadyMessage,
  RunningService,
  ServiceContext,
  ServiceName,
  ServiceParts,
  ServiceSpec,
} from './lifecycle/service-spec.ts';
export { defineService } from './lifecycle/service-spec.ts';
export type { CommonSettings, SettingsSchema } from './settings/common-settings.ts';
export { commonSettings, LOG_LEVELS } from './settings/common-settings.ts';
