import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ServiceKitError } from '../error.ts';

/** The file in the data folder that holds the secret when no other is named. */
export const SERVICE_SECRET_FILE = 'service-secret';

const MIN_CHARACTERS = 16;

/** What services prove to each other that they are of the same system. */
export interface ServiceSecrets {
  /** Shown when calling: the first line of the file. */
  readonly own: string;
  /** Accepted from callers: every line, so that a secret can be replaced without a pause. */
  readonly accepted: readonly string[];
}

/**
 * The secret of the system this instance belongs to. Without `file` it is `<dataDir>/service-secret`, made with
 * mode 0600 when it is not there yet; services that share a data folder share it. One that is named is never made.
 *
 * @throws ServiceKitError `SERVICE_SECRET` when the file cannot be read or written, or holds no secret
 */
export function loadServiceSecrets(dataDir: string, file = ''): ServiceSecrets {
  const path = resolve(file === '' ? join(dataDir, SERVICE_SECRET_FILE) : file);
  try {
    if (file === '') makeSecret(path);
    return parse(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof ServiceKitError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'SERVICE_SECRET',
      `Cannot use ${path} as the secret between services: ${reason}. Name one this user may read with --service-secret-file.`,
      { cause },
    );
  }
}

/** Whole or not at all, and the first of several that start at once wins. */
function makeSecret(path: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    readFileSync(path);
    return;
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function parse(text: string, path: string): ServiceSecrets {
  const accepted = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [own] = accepted;
  if (own === undefined || accepted.some((line) => line.length < MIN_CHARACTERS)) {
    throw new ServiceKitError(
      'SERVICE_SECRET',
      `${path} holds no secret of at least ${MIN_CHARACTERS} characters in each line. Write one with: openssl rand -hex 32`,
    );
  }
  return { own, accepted };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
