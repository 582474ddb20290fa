import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { ServiceKitError } from '../error.ts';
import { makeFolders } from './make-folders.ts';

/**
 * Makes sure the data folder exists (new ones with mode 0700) and can be written.
 *
 * @returns its absolute path
 * @throws ServiceKitError `DATABASE_OPEN`
 */
export function prepareDataFolder(folder: string): string {
  const path = resolve(folder);
  try {
    makeFolders(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'DATABASE_OPEN',
      `Cannot use ${path} as the data folder: ${reason}. Give a folder this user may write with --data-dir.`,
      { cause },
    );
  }
  return path;
}
