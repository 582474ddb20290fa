import type { z } from 'zod';
import { ServiceKitError } from '../error.ts';
import { parseFlags } from './flags.ts';
import { type SettingLeaf, settingLeaf } from './setting-leaf.ts';
import { environmentName, kebabCase } from './setting-names.ts';
import { readSettingsFile } from './settings-file.ts';

/** Where settings are looked for; whatever is left out is not looked at. */
export interface SettingsSources {
  /** Words of the command line, e.g. `['--port', '7000']`. `--config FILE` names the settings file. */
  args?: readonly string[];
  /** Usually `process.env`. Variables that are no setting are ignored. `MPIM_CONFIG` names the settings file. */
  env?: Readonly<Record<string, string | undefined>>;
}

interface Candidate {
  readonly value: unknown;
  readonly source: string;
}

/**
 * Collects settings: flags before environment before file before the schema's defaults.
 *
 * @throws ServiceKitError `INVALID_SETTING` naming every wrong setting, where its value came from and what is
 * accepted; `SETTINGS_FILE` when the file cannot be read
 *
 * @example
 * const settings = loadSettings(userService.settings, { args: process.argv.slice(3), env: process.env });
 */
export function loadSettings<Schema extends z.ZodObject>(
  schema: Schema,
  sources: SettingsSources,
): z.output<Schema> {
  const leaves = leavesOf(schema);
  return check(schema, leaves, gather(leaves, sources));
}

/**
 * Checks settings given by a program and fills in defaults. A setting that is `undefined` counts as not given.
 *
 * @throws ServiceKitError `INVALID_SETTING`
 */
export function checkSettings<Schema extends z.ZodObject>(
  schema: Schema,
  settings: z.input<Schema>,
): z.output<Schema> {
  const candidates = new Map<string, Candidate>();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) candidates.set(name, { value, source: 'given by the program' });
  }
  return check(schema, leavesOf(schema), candidates);
}

function leavesOf(schema: z.ZodObject): Map<string, SettingLeaf> {
  return new Map(Object.entries(schema.shape).map(([name, field]) => [name, settingLeaf(field)]));
}

function check<Schema extends z.ZodObject>(
  schema: Schema,
  leaves: ReadonlyMap<string, SettingLeaf>,
  candidates: ReadonlyMap<string, Candidate>,
): z.output<Schema> {
  const input: Record<string, unknown> = {};
  for (const [name, leaf] of leaves) {
    const candidate = candidates.get(name);
    if (candidate) input[name] = convert(candidate.value, leaf);
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidSettings(result.error, leaves, candidates);
}

function gather(
  leaves: ReadonlyMap<string, SettingLeaf>,
  { args = [], env = {} }: SettingsSources,
): Map<string, Candidate> {
  const names = new Map([['config', { boolean: false }]]);
  for (const [name, leaf] of leaves) names.set(name, { boolean: leaf.kind === 'boolean' });
  const flags = parseFlags(args, names);
  const file = flags.get('config') ?? env.MPIM_CONFIG;

  const candidates = new Map<string, Candidate>(file ? readSettingsFile(file) : []);
  for (const name of leaves.keys()) {
    const variable = environmentName(name);
    const value = env[variable];
    // An empty variable is how a shell or container says "not set".
    if (value !== undefined && value !== '') {
      candidates.set(name, { value, source: `environment ${variable}` });
    }
  }
  for (const [name, value] of flags) {
    candidates.set(name, { value, source: 'command line' });
  }
  return candidates;
}

/** Texts become what the schema checks; a text that cannot is left for the check to refuse. */
function convert(value: unknown, leaf: SettingLeaf): unknown {
  if (typeof value !== 'string') return value;
  switch (leaf.kind) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(value)) return true;
      if (/^(false|no|off|0)$/i.test(value)) return false;
      return value;
    case 'list':
      return value
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
    default:
      return value;
  }
}

function invalidSettings(
  error: z.ZodError,
  leaves: ReadonlyMap<string, SettingLeaf>,
  candidates: ReadonlyMap<string, Candidate>,
): ServiceKitError {
  const problems = error.issues.map((issue) => {
    const name = String(issue.path[0] ?? '');
    const leaf = leaves.get(name);
    const candidate = candidates.get(name);
    const flag = kebabCase(name);
    if (!leaf) return issue.message;
    if (!candidate) {
      return `${flag} is missing: set --${flag} or ${environmentName(name)} to ${leaf.accepts}.`;
    }
    const shown = leaf.secret ? 'the given value' : JSON.stringify(candidate.value);
    return `${flag}: ${shown} (${candidate.source}) is not acceptable (${issue.message}); give ${leaf.accepts}.`;
  });
  return new ServiceKitError('INVALID_SETTING', `Setting ${problems.join('\nSetting ')}`, {
    cause: error,
  });
}
