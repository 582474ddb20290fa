import * as paths from '../../protocol/index.ts';
import { badArgument } from '../arguments.ts';

/** The parent of a valid path: `/a/b` → `/a`, `/a` → `/`; the root's parent is the root. Throws `BAD_ARGUMENTS` for what is no text. */
export function parentPath(path: string): string {
  requirePathText('path', path);
  return paths.parentPath(path);
}

/** The last name of a path: `/a/b` → `b`; empty for the root. Throws `BAD_ARGUMENTS` for what is no text. */
export function baseName(path: string): string {
  requirePathText('path', path);
  return paths.baseName(path);
}

/**
 * Puts names below a path with single slashes: `('/', 'a')` → `/a`, `('/a', 'b', 'c')` → `/a/b/c`. Throws
 * `BAD_ARGUMENTS` for what is no text.
 */
export function joinPath(path: string, ...names: string[]): string {
  requirePathText('path', path);
  for (const name of names) requirePathText('name', name);
  return paths.joinPath(path, ...names);
}

/** Refuses what is no text, before it is taken apart. */
export function requirePathText(name: string, value: string): void {
  if (typeof value !== 'string') throw badArgument(name, value, 'text such as /a/b');
}
