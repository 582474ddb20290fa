import type { Instance } from '@mpim/mprpc';
import { isCallableHost, isPort } from './address.ts';
import { GovernanceError } from './errors.ts';
import { isInstanceId, isMethodName, isServiceName } from './tree.ts';

/**
 * What an instance writes about itself into `/services/<Service>/<instanceId>`, as JSON: the fields of mprpc's
 * `Instance`. Normally below 1 KiB, at most {@link MAX_RECORD_BYTES}. It never changes while the node lives.
 */
export type InstanceRecord = Instance;

/** No record is larger: every consumer of the service reads every record. */
export const MAX_RECORD_BYTES = 16 * 1024;

const MAX_TEXT = 256;
const MAX_METHODS = 512;
const MAX_METADATA = 64;

/**
 * Checks a record before it is written and gives a frozen copy with known fields only.
 * Throws `GovernanceError` INVALID_RECORD naming the field.
 */
export function checkRecord(record: unknown): InstanceRecord {
  if (!isObject(record)) throw invalid('record', 'a JSON object', record);
  const { service, id } = record;
  if (typeof service !== 'string' || !isServiceName(service)) {
    throw invalid('service', 'a service name (letters, digits, _ and .)', service);
  }
  if (typeof id !== 'string' || !isInstanceId(id)) {
    throw invalid('id', 'letters, digits, ".", "_" or "-", at most 128', id);
  }
  const { host, port } = record;
  if (typeof host !== 'string' || !isCallableHost(host)) {
    throw invalid('host', 'an address that others can call', host);
  }
  if (!isPort(port)) throw invalid('port', '1 to 65535', port);
  return Object.freeze({
    id,
    service,
    host,
    port,
    adminPort: integer(record, 'adminPort', 0, 65_535),
    version: text(record, 'version'),
    weight: integer(record, 'weight', 0, 10_000),
    zone: text(record, 'zone'),
    methods: methods(record.methods),
    startedAt: integer(record, 'startedAt', 0, Number.MAX_SAFE_INTEGER),
    metadata: metadata(record.metadata),
  });
}

/** The bytes of a checked record. Throws INVALID_RECORD when they are too many. */
export function encodeRecord(record: InstanceRecord): Buffer {
  const bytes = Buffer.from(JSON.stringify(record));
  if (bytes.length > MAX_RECORD_BYTES) {
    throw invalid('record', `at most ${MAX_RECORD_BYTES} bytes`, `${bytes.length} bytes`);
  }
  return bytes;
}

/**
 * Reads the record of a node. It must name the service and the id of the path it was found at: nobody can speak
 * for another instance. Throws `GovernanceError` INVALID_RECORD.
 */
export function decodeRecord(bytes: Buffer | null, service: string, id: string): InstanceRecord {
  if (bytes === null || bytes.length === 0) throw invalid('record', 'a JSON object', 'nothing');
  if (bytes.length > MAX_RECORD_BYTES) {
    throw invalid('record', `at most ${MAX_RECORD_BYTES} bytes`, `${bytes.length} bytes`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new GovernanceError('INVALID_RECORD', 'an instance record must be JSON', { cause });
  }
  const record = checkRecord(parsed);
  if (record.service !== service) throw invalid('service', service, record.service);
  if (record.id !== id) throw invalid('id', id, record.id);
  return record;
}

function integer(record: Record<string, unknown>, field: string, from: number, to: number): number {
  const value = record[field];
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) {
    return value;
  }
  throw invalid(field, `an integer from ${from} to ${to}`, value);
}

function text(record: Record<string, unknown>, field: string): string {
  const value = record[field];
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw invalid(field, `a text of at most ${MAX_TEXT} characters`, value);
}

function methods(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_METHODS) {
    throw invalid('methods', `a list of at most ${MAX_METHODS} names`, value);
  }
  for (const name of value) {
    if (typeof name !== 'string' || !isMethodName(name)) {
      throw invalid('methods', 'method names (letters, digits, _ and .)', name);
    }
  }
  return Object.freeze([...new Set<string>(value)]);
}

function metadata(value: unknown): Readonly<Record<string, string>> {
  const entries = isObject(value) ? Object.entries(value) : undefined;
  if (entries === undefined || entries.length > MAX_METADATA) {
    throw invalid('metadata', `an object of at most ${MAX_METADATA} texts`, value);
  }
  const texts = entries.map(([key, entry]): [string, string] => {
    if (key.length <= MAX_TEXT && typeof entry === 'string' && entry.length <= MAX_TEXT) {
      return [key, entry];
    }
    throw invalid('metadata', `texts of at most ${MAX_TEXT} characters`, `${key}: ${entry}`);
  });
  return Object.freeze(Object.fromEntries(texts));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(field: string, expected: string, found: unknown): GovernanceError {
  const shown = (
    typeof found === 'string' ? found : (JSON.stringify(found) ?? String(found))
  ).slice(0, 80);
  return new GovernanceError(
    'INVALID_RECORD',
    `${field} of an instance record must be ${expected}; found: ${shown}`,
    { field },
  );
}
