import { ErrorCode, parentPath, pathProblem } from '@mpim/zookeeper/protocol';
import { refuse } from '../request-error.ts';

/** Refuses with BADARGUMENTS a path that cannot name a node. */
export function checkPath(path: string): void {
  if (pathProblem(path) !== null) refuse(ErrorCode.BADARGUMENTS);
}

/**
 * The parent of a path that has not been validated yet, because a missing parent is reported before
 * a malformed name; refuses with BADARGUMENTS only what has no parent at all.
 */
export function parentOf(path: string): string {
  if (!path.includes('/') || path.includes('\0')) refuse(ErrorCode.BADARGUMENTS);
  return parentPath(path);
}
