/** What a command may tell: JSON, with whole numbers of any size, since session ids have 64 bits. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** JSON laid out as ZooKeeper's AdminServer does, so that what reads the one reads the other. */
export function jsonText(value: JsonValue, indent = ''): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) {
    if (value.length === 0) return '[ ]';
    return `[ ${value.map((item) => jsonText(item, indent)).join(', ')} ]`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(value).map(
    ([key, field]) => `${inner}${JSON.stringify(key)} : ${jsonText(field, inner)}`,
  );
  return fields.length === 0 ? '{ }' : `{\n${fields.join(',\n')}\n${indent}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
