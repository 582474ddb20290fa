import { type Acl, OPEN_ACL, Permission } from '../../protocol/index.ts';
import { badArgument, requireObject } from '../arguments.ts';

/**
 * Refuses, with `BAD_ARGUMENTS`, what is no ACL for the node at `path`. Servers take any 32 bits for permissions, but a bit
 * that no {@link Permission} stands for grants nothing, and -1 everything: mostly not what was meant.
 */
export function checkAcl(acl: readonly Acl[], path: string): void {
  if (acl === OPEN_ACL) return;
  if (!Array.isArray(acl)) throw badArgument(`acl of ${path}`, acl, 'a list of entries', path);
  for (const [at, entry] of acl.entries()) checkEntry(entry, `acl[${at}] of ${path}`, path);
}

function checkEntry(entry: Acl, name: string, path: string): void {
  requireObject(name, entry, 'an entry: permissions, scheme and id');
  const { permissions, scheme, id } = entry;
  const isKnown =
    Number.isInteger(permissions) && permissions >= 0 && permissions <= Permission.all;
  if (!isKnown) {
    const takes = `the sum of some Permissions, 0 to ${Permission.all}`;
    throw badArgument(`permissions in ${name}`, permissions, takes, path);
  }
  if (typeof scheme !== 'string') {
    throw badArgument(`scheme in ${name}`, scheme, 'text such as world', path);
  }
  if (typeof id !== 'string') throw badArgument(`id in ${name}`, id, 'text such as anyone', path);
}
