import { readFileSync } from 'node:fs';
import { ServiceKitError } from '../error.ts';
import { camelCase } from './setting-names.ts';

/** One value and where it was written, e.g. `mpim.conf:3`. */
export interface FileSetting {
  readonly value: unknown;
  readonly source: string;
}

/** Keys of the C++ system's `key=value` file that mean one of our settings. */
const RENAMED: Readonly<Record<string, string>> = { rpcserverip: 'host', rpcserverport: 'port' };

/**
 * Reads settings from a file: a JSON object, or lines of `key=value` with `#` comments. Names are kebab-case or
 * camelCase. `rpcserverip`, `rpcserverport`, `zookeeperip` and `zookeeperport` are understood too.
 *
 * @returns settings by camelCase name; names no service knows are the caller's to ignore.
 * @throws ServiceKitError `SETTINGS_FILE`
 */
export function readSettingsFile(path: string): Map<string, FileSetting> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'SETTINGS_FILE',
      `Cannot read the settings file ${path}: ${reason}. Name a readable file with --config, or leave it out.`,
      { cause },
    );
  }
  const raw = text.trimStart().startsWith('{') ? fromJson(text, path) : fromLines(text, path);
  return withSeedNames(raw);
}

function fromJson(text: string, path: string): Map<string, FileSetting> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError('SETTINGS_FILE', `${path} is not valid JSON: ${reason}`, { cause });
  }
  const settings = new Map<string, FileSetting>();
  for (const [key, value] of Object.entries(document ?? {})) {
    settings.set(camelCase(key), { value, source: `file ${path}, key ${key}` });
  }
  return settings;
}

function fromLines(text: string, path: string): Map<string, FileSetting> {
  const settings = new Map<string, FileSetting>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) continue;
    const equals = content.indexOf('=');
    if (equals < 1) {
      throw new ServiceKitError(
        'SETTINGS_FILE',
        `${path}:${index + 1} is not a setting: write key=value, or start the line with # for a comment.`,
      );
    }
    const key = camelCase(content.slice(0, equals).trim());
    const value = content.slice(equals + 1).trim();
    settings.set(key, { value, source: `file ${path}:${index + 1}` });
  }
  return settings;
}

function withSeedNames(raw: Map<string, FileSetting>): Map<string, FileSetting> {
  const settings = new Map(raw);
  for (const [from, to] of Object.entries(RENAMED)) {
    const found = raw.get(from);
    if (found && !raw.has(to)) settings.set(to, found);
    settings.delete(from);
  }
  const ip = raw.get('zookeeperip');
  const port = raw.get('zookeeperport');
  if ((ip || port) && !raw.has('zookeeper')) {
    const value = `${ip?.value ?? '127.0.0.1'}:${port?.value ?? '2181'}`;
    settings.set('zookeeper', { value, source: (ip ?? port)?.source ?? '' });
  }
  settings.delete('zookeeperip');
  settings.delete('zookeeperport');
  return settings;
}
