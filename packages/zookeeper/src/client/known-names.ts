import { ZooKeeperError } from './errors.ts';

/** The names of all that a `T` can have; the compiler says when one is missing. */
export function namesOf<T>(names: Readonly<Record<keyof T, true>>): ReadonlySet<string> {
  return new Set(Object.keys(names));
}

/**
 * Refuses, with `BAD_ARGUMENTS`, a field that is none of these, as it would be passed over in silence; says which one is
 * meant if one is near. `what` is the argument; what is no object is for others to refuse.
 */
export function requireKnown(what: string, value: unknown, names: ReadonlySet<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const key = unknownName(value, names);
  if (key !== undefined) throw misnamed(what, key, names);
}

/** The first field that is none of these, if there is one. Calls ask it: it makes nothing to find that all is well. */
export function unknownName(value: object, names: ReadonlySet<string>): string | undefined {
  // Not Object.keys, which makes a list. What is inherited is not the caller's.
  for (const key in value) {
    if (!names.has(key) && Object.hasOwn(value, key)) return key;
  }
  return undefined;
}

/** What {@link requireKnown} says of a field. */
export function misnamed(what: string, key: string, known: ReadonlySet<string>): ZooKeeperError {
  const names = [...known];
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
