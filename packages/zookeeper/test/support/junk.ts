/** What programs without a compiler come with, for whatever is wanted. */
const JUNK: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 53],
  ...[5n, 1n << 64n, '', 'text', 'toString', '__proto__', '\ud800', '/a\0', Symbol('junk')],
  ...[() => {}, {}, Object.create(null), [], [null], [Object.create(null)], ['text', 5]],
  ...[new Map(), new Date(Number.NaN), Buffer.from('bytes'), circular()],
];

/** A value with one piece of junk in it. */
export interface Spoilt {
  /** Names of the fields that lead to the junk; none for the whole value. */
  readonly where: readonly string[];
  readonly value: unknown;
}

/** Each piece of junk in each place: instead of the value itself, of a field of it, of a field of that. */
export function* spoilt(value: unknown): Generator<Spoilt> {
  for (const junk of JUNK) yield { where: [], value: junk };
  if (!isPlain(value)) return;
  for (const [key, field] of Object.entries(value)) {
    for (const each of spoilt(field)) {
      yield { where: [key, ...each.where], value: replaced(value, key, each.value) };
    }
  }
}

/** A field too many in each of the objects that a value is made of, itself included. */
export function* widened(value: unknown, field: string): Generator<Spoilt> {
  if (!isPlain(value)) return;
  if (!Array.isArray(value)) yield { where: [], value: { ...value, [field]: undefined } };
  for (const [key, part] of Object.entries(value)) {
    for (const each of widened(part, field)) {
      yield { where: [key, ...each.where], value: replaced(value, key, each.value) };
    }
  }
}

function replaced(value: object, key: string, field: unknown): object {
  const copy = Array.isArray(value) ? [...value] : { ...value };
  return Object.assign(copy, { [key]: field });
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value));
}

function circular(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}
