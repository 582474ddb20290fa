import type { MessageType } from '@mpim/mprpc';
import { CommandError } from '../command-error.ts';

/** What generated message types have on top: protobuf's JSON mapping. */
interface JsonMessageType extends MessageType<unknown> {
  fromJSON(object: unknown): unknown;
  toJSON(message: unknown): unknown;
}

/**
 * The request in JSON text: camelCase fields, `bytes` in base64, what is left out has its default.
 * Throws CommandError USAGE for text that is no JSON object and for fields the message does not have.
 */
export function requestFromJson(type: MessageType<unknown>, text: string, label: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('USAGE', `The request is no JSON: ${problem}.`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandError('USAGE', 'The request is no JSON object: write \'{"field":"value"}\'.');
  }
  if (!isJsonMessageType(type)) return value;
  const fields = Object.keys(type.fromJSON({}) as object);
  for (const field of Object.keys(value)) {
    if (fields.includes(field)) continue;
    const known = fields.length === 0 ? 'it has none' : `it has ${fields.join(', ')}`;
    throw new CommandError('USAGE', `The request of ${label} has no field ${field}; ${known}.`);
  }
  return type.fromJSON(value);
}

/** A response as JSON text on one line, or indented. */
export function responseToJson(
  type: MessageType<unknown>,
  response: unknown,
  pretty: boolean,
): string {
  const value = isJsonMessageType(type) ? type.toJSON(response) : response;
  return JSON.stringify(value, null, pretty ? 2 : 0);
}

function isJsonMessageType(type: MessageType<unknown>): type is JsonMessageType {
  return 'fromJSON' in type && 'toJSON' in type;
}
