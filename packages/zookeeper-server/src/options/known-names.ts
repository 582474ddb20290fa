import { ZooKeeperServerError } from '../errors.ts';

/** The names of all that a `T` can have; the compiler says when one is missing. */
export function namesOf<T>(names: Readonly<Record<keyof T, true>>): ReadonlySet<string> {
  return new Set(Object.keys(names));
}

/**
 * Throws `ZooKeeperServerError` `BAD_OPTION` for a field that is none of these, as it would be passed over in silence; says
 * which one is meant if one is near. `what` has the field.
 */
export function requireKnown(
  what: string,
  value: object | null | undefined,
  names: ReadonlySet<string>,
): void {
  const unknown = Object.keys(value ?? {}).find((key) => !names.has(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, names);
  const advice =
    near === undefined ? `there are ${[...names].join(', ')}` : `did you mean ${near}?`;
  throw new ZooKeeperServerError('BAD_OPTION', `${what} has no ${unknown}: ${advice}`);
}

// As the client's known-names.ts has it, of which this package loads nothing but the protocol.

/** The one that takes the fewest changes, if it has the key in it or a third of the letters are to be changed. */
function nearest(key: string, names: ReadonlySet<string>): string | undefined {
  const wanted = key.toLowerCase();
  const near = [...names]
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
