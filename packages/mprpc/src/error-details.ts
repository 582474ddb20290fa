import type { MessageType } from './definition.ts';
import { RpcError } from './errors.ts';

/**
 * The details of an error as a message both ends know, for {@link RpcErrorOptions.details}. Details larger than what
 * the caller accepts in one frame are left out on the way.
 *
 * ```ts
 * throw new RpcError('RESOURCE_EXHAUSTED', 'too many', { reason: 'QUOTA', details: encodeDetails(Quota, { left: 0 }) });
 * ```
 */
export function encodeDetails<T>(type: MessageType<T>, details: T): Uint8Array {
  return type.encode(details).finish();
}

/**
 * The details of an error that failed for `reason`, as a message; `undefined` when it is another error, has none, or
 * they are not such a message. The reason says what the details are, so name it.
 *
 * ```ts
 * const quota = decodeDetails(Quota, error, 'QUOTA');
 * ```
 */
export function decodeDetails<T>(
  type: MessageType<T>,
  error: unknown,
  reason: string,
): T | undefined {
  if (!(error instanceof RpcError) || error.reason !== reason || error.details === undefined) {
    return undefined;
  }
  try {
    return type.decode(error.details);
  } catch {
    return undefined; // Another program's details.
  }
}
