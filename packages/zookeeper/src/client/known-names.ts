import { ZooKeeperError } from './errors.ts';

/** The names of all that a `T` can have; the compiler says when one is missing. */
export type Names<T> = Readonly<Record<keyof T, true>>;

/**
 * Refuses, with `BAD_ARGUMENTS`, a field that is none of these, as it would be passed over in silence; says which one is
 * meant if one is near. `what` is the argument; what is no object is for others to refuse.
 *
 * For what is given seldom: it costs more than a call may.
 */
export function requireKnown(
  what: string,
  value: unknown,
  names: Readonly<Record<string, true>>,
): void {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(names, key)) throw unknownName(what, key, Object.keys(names));
  }
}

function unknownName(what: string, key: string, names: readonly string[]): ZooKeeperError {
  const near = nearest(key, names);
  const advice = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  return new ZooKeeperError('BAD_ARGUMENTS', `${what} has no ${key}: ${advice}`);
}

/** The one that takes the fewest changes, if it has the key in it or a third of the letters are to be changed. */
function nearest(key: string, names: readonly string[]): string | undefined {
  const wanted = key.toLowerCase();
  const near = names
    .map((name) => ({ name, changes: changes(wanted, name.toLowerCase()) }))
    .filter((each) => each.name.toLowerCase().includes(wanted) || each.changes * 3 <= key.length)
    .sort((one, other) => one.changes - other.changes);
  return near[0]?.name;
}

/** Letters to add, to leave out and to replace (Levenshtein). */
function changes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (let at = 1; at <= to.length; at++) {
      const [left = 0, up = 0, diagonal = 0] = [next[at - 1], row[at], row[at - 1]];
      next.push(Math.min(left + 1, up + 1, diagonal + (letter === to[at - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
