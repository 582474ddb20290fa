import { JuteReader, readAcl } from '@mpim/zookeeper/protocol';

/** A field of a file: where it begins, and how many bytes it has. */
export interface Field {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
  /** Of an entry of a log: where the entry begins. */
  readonly entryAt?: number;
}

const LOG_HEADER: readonly (readonly [string, number])[] = [
  ['magic', 4],
  ['version', 4],
  ['database id', 8],
];

/** The fields of each entry of a log that this server wrote, in order, and where the last one ends. */
export function logAnatomy(file: Buffer): { header: Field[]; entries: Field[][]; end: number } {
  const header = fieldsAt(0, LOG_HEADER);
  const entries: Field[][] = [];
  let at = 16;
  while (at + 12 <= file.length && file.readInt32BE(at + 8) > 0) {
    const length = file.readInt32BE(at + 8);
    const body = length - 32 - 12;
    const fields = fieldsAt(at, [
      ['checksum, upper half', 4],
      ['checksum', 4],
      ['length', 4],
      ['session', 8],
      ['cxid', 4],
      ['zxid', 8],
      ['time', 8],
      ['type', 4],
      ['body', body],
      ['digest version', 4],
      ['digest', 8],
      ['end mark', 1],
    ]);
    const entryAt = at;
    entries.push(fields.filter(({ bytes }) => bytes > 0).map((field) => ({ ...field, entryAt })));
    at += 12 + length + 1;
  }
  return { header, entries, end: at };
}

/** The fields of a snapshot: header, the first session, the first ACL, the first node with data, and the end. */
export function snapshotAnatomy(file: Buffer): Field[] {
  const fields = fieldsAt(0, LOG_HEADER);
  const note = (name: string, at: number, bytes: number): void => {
    if (!fields.some((field) => field.name === name)) fields.push({ name, at, bytes });
  };
  let at = 16;
  const reader = (): JuteReader => new JuteReader(file.subarray(at));
  const sessions = file.readInt32BE(at);
  note('number of sessions', at, 4);
  if (sessions > 0)
    fields.push(
      ...fieldsAt(at + 4, [
        ['session', 8],
        ['timeout', 4],
      ]),
    );
  at += 4 + sessions * 12;
  const acls = file.readInt32BE(at);
  note('number of ACLs', at, 4);
  at += 4;
  for (let i = 0; i < acls; i++) {
    const input = reader();
    const before = input.remaining;
    input.long();
    input.vector(readAcl);
    const size = before - input.remaining;
    fields.push(
      ...(i > 0
        ? []
        : fieldsAt(at, [
            ['ACL number', 8],
            ['ACL length', 4],
            ['permissions', 4],
            ['scheme', 8],
          ])),
    );
    note('ACL identity', at + size - 1, 1);
    at += size;
  }
  for (;;) {
    const pathBytes = file.readInt32BE(at);
    if (pathBytes === 1 && file[at + 4] === 0x2f) break;
    const dataAt = at + 4 + Math.max(0, pathBytes);
    const dataBytes = file.readInt32BE(dataAt);
    const tailAt = dataAt + 4 + Math.max(0, dataBytes);
    if (pathBytes > 0 && dataBytes > 0) {
      note('path length', at, 4);
      note('path', at + 4, pathBytes);
      note('data length', dataAt, 4);
      note('data', dataAt + 4, dataBytes);
      for (const field of fieldsAt(tailAt, NODE_TAIL)) note(field.name, field.at, field.bytes);
    }
    at = tailAt + 68;
  }
  fields.push(
    ...fieldsAt(at, [
      ['end mark', 5],
      ['checksum', 8],
      ['checksum’s end', 5],
      ['digest’s zxid', 8],
      ['digest version', 4],
      ['digest', 8],
      ['second checksum', 8],
      ['last end', 5],
    ]),
  );
  return fields;
}

const NODE_TAIL: readonly (readonly [string, number])[] = [
  ['reference to the ACL', 8],
  ['czxid', 8],
  ['mzxid', 8],
  ['ctime', 8],
  ['mtime', 8],
  ['data version', 4],
  ['cversion', 4],
  ['aversion', 4],
  ['owner', 8],
  ['pzxid', 8],
];

function fieldsAt(start: number, sizes: readonly (readonly [string, number])[]): Field[] {
  let at = start;
  return sizes.map(([name, bytes]) => {
    const field = { name, at, bytes };
    at += bytes;
    return field;
  });
}
