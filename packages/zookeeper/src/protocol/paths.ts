import { ProtocolError } from './errors.ts';

/**
 * Why `path` cannot name a node, or null if it can.
 * The rules are those of ZooKeeper's `PathUtils.validatePath`: absolute, no empty, `.` or `..` segment,
 * no trailing slash, no control, surrogate, private-use or non-character code units.
 */
export function pathProblem(path: string): string | null {
  if (path.length === 0) return 'it is empty';
  if (path.charCodeAt(0) !== SLASH) return 'it must start with /';
  if (path.length === 1) return null;
  let segmentStart = 1;
  for (let i = 1; i <= path.length; i++) {
    const code = i < path.length ? path.charCodeAt(i) : SLASH;
    if (code !== SLASH) {
      if (isForbidden(code)) return `it has the character U+${hex(code)} at ${i}`;
      continue;
    }
    const length = i - segmentStart;
    if (length === 0) return i === path.length ? 'it ends with /' : 'it has an empty name (//)';
    if (length === 1 && path[segmentStart] === '.') return 'it has the relative name .';
    if (length === 2 && path.startsWith('..', segmentStart)) return 'it has the relative name ..';
    segmentStart = i + 1;
  }
  return null;
}

/**
 * Throws `ProtocolError` `INVALID_PATH` unless `path` can name a node. With `sequential`, the path is
 * judged as it will be once the counter is appended, so `/a/` is fine (ZooKeeper: `PathUtils`).
 */
export function validatePath(path: string, options: { sequential?: boolean } = {}): void {
  const problem = pathProblem(options.sequential === true ? `${path}1` : path);
  if (problem !== null) {
    throw new ProtocolError('INVALID_PATH', `invalid path ${JSON.stringify(path)}: ${problem}`, {
      path,
    });
  }
}

/** The parent of a valid path: `/a/b` → `/a`, `/a` → `/`; the root's parent is the root. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** The last name of a path: `/a/b` → `b`; empty for the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Puts names below a path with single slashes: `('/', 'a')` → `/a`, `('/a', 'b', 'c')` → `/a/b/c`. */
export function joinPath(path: string, ...names: string[]): string {
  let joined = path === '/' ? '' : path;
  for (const name of names) joined += name.startsWith('/') ? name : `/${name}`;
  return joined === '' ? '/' : joined;
}

const SLASH = 0x2f;

function isForbidden(code: number): boolean {
  if (code > 0x1f && code < 0x7f) return false;
  return code <= 0x9f || (code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0;
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}
