import type { Stat } from '@mpim/zookeeper';
import { GovernanceError } from '../errors.ts';
import { configPath } from '../tree.ts';

/** What a document may hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A configuration document is a JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** A service's configuration as it stands in ZooKeeper. */
export interface ConfigDocument {
  readonly service: string;
  /** Version of the znode: 0 when created, one more with every change. */
  readonly version: number;
  readonly value: JsonObject;
  /** Unix milliseconds of the last change, by the server's clock. */
  readonly modifiedAt: number;
}

/** No document is larger, in bytes. */
export const MAX_CONFIG_BYTES = 100 * 1024;

/** The bytes of a document. Throws INVALID_DOCUMENT when it is no JSON object or too large. */
export function encodeDocument(path: string, value: JsonObject): Buffer {
  if (!isJsonObject(value)) {
    throw new GovernanceError('INVALID_DOCUMENT', `${path}: a configuration is a JSON object`, {
      path,
    });
  }
  const data = Buffer.from(JSON.stringify(value));
  if (data.length <= MAX_CONFIG_BYTES) return data;
  throw new GovernanceError(
    'INVALID_DOCUMENT',
    `${path}: ${data.length} bytes are more than the ${MAX_CONFIG_BYTES} a configuration may have`,
    { path },
  );
}

/** Reads the node of a document. Throws INVALID_DOCUMENT when it holds no JSON object. */
export function toDocument(service: string, data: Buffer | null, stat: Stat): ConfigDocument {
  const path = configPath(service);
  let value: unknown;
  try {
    value = JSON.parse(data?.toString('utf8') ?? '');
  } catch (cause) {
    throw new GovernanceError('INVALID_DOCUMENT', `${path} does not hold JSON`, { path, cause });
  }
  if (isJsonObject(value)) {
    return { service, version: stat.version, value, modifiedAt: stat.mtime };
  }
  throw new GovernanceError('INVALID_DOCUMENT', `${path} does not hold a JSON object`, { path });
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
