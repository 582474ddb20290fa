import { create, createFileRegistry, ScalarType } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** What is written and read of each scalar: the method of WireWriter and WireReader, and the value left out. */
const SCALARS = new Map([
  [ScalarType.STRING, { method: 'string', wireType: 2, empty: '""' }],
  [ScalarType.BOOL, { method: 'bool', wireType: 0, empty: 'false' }],
  [ScalarType.INT32, { method: 'int32', wireType: 0, empty: '0' }],
  [ScalarType.UINT32, { method: 'uint32', wireType: 0, empty: '0' }],
  [ScalarType.INT64, { method: 'int64', wireType: 0, empty: '0' }],
]);

const IMPORT = `import { beginMessage, type Encoded, type WireWriter } from "../../../wire/wire-writer.ts";
import { WireReader } from "../../../wire/wire-reader.ts";
`;

/** The members that every message gets beside ts-proto's. */
const MEMBERS = `  encode(message: T): Encoded;
  decode(input: Uint8Array): T;
  write(message: T, writer: WireWriter): void;
  read(reader: WireReader, end: number): T;
`;

/**
 * Adds encoders and decoders to what ts-proto generated without any (`outputEncodeMethods=false`): straight code
 * for each field, into and out of one buffer. Throws for what is in a .proto and not known here.
 */
export function withCodecs(request, response) {
  const set = create(FileDescriptorSetSchema, { file: request.protoFile });
  const registry = createFileRegistry(set);
  for (const generated of response.file) {
    const source = generated.name.replace(/\.ts$/, '.proto');
    const file = registry.getFile(source);
    if (file === undefined) throw new Error(`${generated.name} belongs to no .proto`);
    if (file.messages.length > 0) generated.content = addCodecs(file, generated.content);
  }
}

function addCodecs(file, content) {
  let text = insertBefore(content, 'export const protobufPackage', `${IMPORT}\n`);
  text = insertAfter(text, 'export interface MessageFns<T> {\n', MEMBERS);
  for (const message of file.messages) {
    text = insertAfter(
      text,
      `export const ${message.name}: MessageFns<${message.name}> = {\n`,
      codec(message),
    );
  }
  return text;
}

function insertBefore(text, anchor, addition) {
  const at = place(text, anchor);
  return text.slice(0, at) + addition + text.slice(at);
}

function insertAfter(text, anchor, addition) {
  const at = place(text, anchor) + anchor.length;
  return text.slice(0, at) + addition + text.slice(at);
}

function place(text, anchor) {
  const at = text.indexOf(anchor);
  if (at < 0)
    throw new Error(`ts-proto wrote no ${JSON.stringify(anchor)}: look at scripts/lib/codecs.mjs`);
  return at;
}

function codec(message) {
  const { name } = message;
  if (message.nestedMessages.length > 0)
    throw new Error(`${name}: nested messages are not known here`);
  if (isRecursive(message, [])) throw new Error(`${name} is in itself: that is not known here`);
  const writes = message.members.map((member) =>
    member.kind === 'oneof' ? writeOneof(member) : write(member),
  );
  const reads = message.fields.map(read);
  return `  encode(message: ${name}): Encoded {
    const writer = beginMessage();
    ${name}.write(message, writer);
    return writer.end();
  },

  decode(input: Uint8Array): ${name} {
    return ${name}.read(new WireReader(input), input.length);
  },

  write(${used('message', writes)}: ${name}, ${used('writer', writes)}: WireWriter): void {
${writes.join('')}  },

  read(reader: WireReader, end: number): ${name} {
    const message = createBase${name}();
    while (reader.at < end) {
      const tag = reader.uint32();
      switch (tag) {
${reads.join('')}        default:
          reader.skip(tag);
      }
    }
    reader.finished(end);
    return message;
  },

`;
}

/** A parameter that an empty message has no use for. */
function used(name, code) {
  return code.length > 0 ? name : `_${name}`;
}

function isRecursive(message, around) {
  if (around.includes(message)) return true;
  return message.fields.some(
    (field) => field.message !== undefined && isRecursive(field.message, [...around, message]),
  );
}

/** How a field goes over the wire. */
function kind(field) {
  const { parent, name } = field;
  if (field.presence === 1 && field.oneof === undefined && field.fieldKind === 'scalar') {
    throw new Error(`${parent.name}.${name}: optional scalars are not known here`);
  }
  if (field.fieldKind === 'message' || field.listKind === 'message') {
    return { message: field.message.name, tag: (field.number << 3) | 2 };
  }
  const scalar = SCALARS.get(field.scalar);
  const isKnown =
    field.fieldKind === 'scalar' ||
    (field.fieldKind === 'list' && field.scalar === ScalarType.STRING);
  if (scalar === undefined || !isKnown) {
    throw new Error(`${parent.name}.${name}: fields of its type are not known here`);
  }
  return { scalar, tag: (field.number << 3) | scalar.wireType };
}

/** Statements that write one value. */
function put(field, value, indent) {
  const { message, scalar, tag } = kind(field);
  if (scalar !== undefined) return `${indent}writer.${scalar.method}(${tag}, ${value});\n`;
  return `${indent}const opened = writer.open(${tag});
${indent}${message}.write(${value}, writer);
${indent}writer.close(opened);
`;
}

function write(field) {
  const value = `message.${field.localName}`;
  if (field.fieldKind === 'list') {
    return `    for (const value of ${value}) {\n${put(field, 'value', '      ')}    }\n`;
  }
  const empty = kind(field).scalar?.empty ?? 'undefined';
  return `    if (${value} !== ${empty}) {\n${put(field, value, '      ')}    }\n`;
}

function writeOneof(oneof) {
  const cases = oneof.fields.map(
    (field) => `      case "${field.localName}": {
${put(field, `message.${oneof.localName}.value`, '        ')}        break;
      }
`,
  );
  return `    switch (message.${oneof.localName}?.$case) {\n${cases.join('')}    }\n`;
}

function read(field) {
  const { message, scalar, tag } = kind(field);
  const value =
    scalar === undefined
      ? `${message}.read(reader, reader.message(end))`
      : `reader.${scalar.method}()`;
  const { localName, oneof } = field;
  const store =
    oneof !== undefined
      ? `message.${oneof.localName} = { $case: "${localName}", value: ${value} };`
      : field.fieldKind === 'list'
        ? `message.${localName}.push(${value});`
        : `message.${localName} = ${value};`;
  return `        case ${tag}:\n          ${store}\n          break;\n`;
}
