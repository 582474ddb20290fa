import { pathProblem } from '../../protocol/index.ts';
import { ZooKeeperError } from '../errors.ts';
import { requirePathText } from './node-path.ts';

/** Translates between the caller's paths and the server's, which may lie below a common prefix. */
export class Chroot {
  /** Empty, or a path without a slash at its end. */
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The server's path. Throws `BAD_ARGUMENTS` for what cannot name a node. */
  toServer(path: string, options: { sequential?: boolean } = {}): string {
    checkPath(path, options);
    if (this.prefix === '') return path;
    return path === '/' && options.sequential !== true ? this.prefix : this.prefix + path;
  }

  /** The caller's path. */
  toClient(path: string): string {
    if (this.prefix === '') return path;
    if (path === this.prefix) return '/';
    // Only what leads to the chroot itself lies outside of it; that keeps its full path.
    return path.startsWith(`${this.prefix}/`) ? path.slice(this.prefix.length) : path;
  }
}

/** Throws `BAD_ARGUMENTS` for what cannot name a node. */
export function checkPath(
  path: string,
  { sequential = false }: { sequential?: boolean } = {},
): void {
  requirePathText('path', path);
  const problem = pathProblem(sequential ? `${path}1` : path);
  if (problem === null) return;
  throw new ZooKeeperError('BAD_ARGUMENTS', `path ${JSON.stringify(path)}: ${problem}`, { path });
}
