import type { z } from 'zod';
import { settingLeaf } from './setting-leaf.ts';
import { environmentName, kebabCase } from './setting-names.ts';

/** One setting as a help page shows it. */
export interface SettingHelp {
  /** `--session-timeout-ms` */
  readonly flag: string;
  /** `MPIM_SESSION_TIMEOUT_MS` */
  readonly environment: string;
  readonly description: string;
  /** e.g. `a whole number from 0 to 65535` */
  readonly accepts: string;
  /** Empty when there is none, or when the setting is secret. */
  readonly defaultText: string;
}

/** Every setting of a schema, in the order of its declaration. */
export function settingsHelp(schema: z.ZodObject): SettingHelp[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { accepts, description, defaultValue, secret } = settingLeaf(field);
    return {
      flag: `--${kebabCase(name)}`,
      environment: environmentName(name),
      description,
      accepts,
      defaultText: secret || defaultValue === undefined ? '' : String(defaultValue),
    };
  });
}

/**
 * The settings as lines for a terminal, flags aligned.
 *
 * @example
 *   --port       Port for calls from other services; 0 takes a free one [0]
 */
export function formatSettingsHelp(schema: z.ZodObject): string {
  const rows = settingsHelp(schema);
  const width = Math.max(...rows.map((row) => row.flag.length));
  return rows
    .map((row) => {
      const fallback = row.defaultText === '' ? '' : ` [${row.defaultText}]`;
      return `  ${row.flag.padEnd(width)}  ${row.description}${fallback}`;
    })
    .join('\n');
}
