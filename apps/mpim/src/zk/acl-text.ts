import { type Acl, Permission } from '@mpim/zookeeper/protocol';
import { CommandError } from '../command-error.ts';

const LETTERS: Readonly<Record<string, number>> = {
  c: Permission.create,
  d: Permission.delete,
  r: Permission.read,
  w: Permission.write,
  a: Permission.admin,
};

/**
 * Reads an ACL in zkCli's spelling: `scheme:id:permissions`, several separated by commas, permissions being letters
 * of `cdrwa`. The id may contain colons (`digest:alice:hash=:r`). Throws CommandError `USAGE`.
 */
export function parseAcl(text: string): Acl[] {
  return text.split(',').map((entry) => {
    const first = entry.indexOf(':');
    const last = entry.lastIndexOf(':');
    const letters = entry.slice(last + 1);
    if (first < 1 || last === first || !/^[cdrwa]+$/.test(letters)) {
      throw new CommandError(
        'USAGE',
        `"${entry}" is not an ACL entry: write scheme:id:permissions, e.g. world:anyone:cdrwa.`,
      );
    }
    let permissions = 0;
    for (const letter of letters) permissions |= LETTERS[letter] ?? 0;
    return { scheme: entry.slice(0, first), id: entry.slice(first + 1, last), permissions };
  });
}
