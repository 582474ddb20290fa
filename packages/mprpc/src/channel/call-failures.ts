import { noProviderError, RpcError } from '../errors.ts';
import type { Instance } from '../resolver.ts';
import type { BoundMethod } from './bound-method.ts';

/** The channel takes no more calls: CANCELLED, reason `CHANNEL_CLOSED`. */
export function channelClosed(label: string, sent = false): RpcError {
  return new RpcError('CANCELLED', `${label}: the channel was closed`, {
    reason: 'CHANNEL_CLOSED',
    sent,
  });
}

/** What was thrown before the call began: by the encoder, unless it is an RpcError. */
export function encodeFailure(method: BoundMethod, error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(
    'INVALID_ARGUMENT',
    `${method.label}: the request cannot be encoded: ${error instanceof Error ? error.message : String(error)}`,
    { reason: 'BAD_REQUEST', cause: error },
  );
}

/** As many calls as may wait for their turn do: RESOURCE_EXHAUSTED, reason `CHANNEL_FULL`. */
export function channelFull({ label, service }: BoundMethod): RpcError {
  return new RpcError(
    'RESOURCE_EXHAUSTED',
    `${label}: too many calls to ${service} are under way and waiting; call less or raise the limits of the channel`,
    { reason: 'CHANNEL_FULL' },
  );
}

/** The resolver failed: its RpcError, or UNAVAILABLE, reason `RESOLVE_FAILED`. */
export function resolveFailed(label: string, error: unknown, sent: boolean): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(
    'UNAVAILABLE',
    `${label}: looking for its instances failed: ${error instanceof Error ? error.message : String(error)}`,
    { reason: 'RESOLVE_FAILED', sent, cause: error },
  );
}

/** No instance, or not the one the call is for: UNAVAILABLE, reason `NO_PROVIDER` or `NO_INSTANCE`. */
export function nobody(
  { label, service, name }: BoundMethod,
  instances: readonly Instance[],
  pinned: string | undefined,
): RpcError {
  if (instances.length === 0 || pinned === undefined) return noProviderError(service, name);
  return new RpcError('UNAVAILABLE', `${label}: there is no instance ${pinned} of ${service}`, {
    reason: 'NO_INSTANCE',
  });
}

/** What the caller hears when `tried` instances could not take the call; `sent` if an attempt may have been applied. */
export function unreachable(
  label: string,
  error: RpcError,
  sent: boolean,
  tried: number,
): RpcError {
  if (sent && error.sent) return error;
  const { reason = 'UNREACHABLE', details, retryable } = error;
  // Refused by the instances themselves, which is something else than out of reach.
  const refused = error.code === 'RESOURCE_EXHAUSTED' || error.code === 'UNAUTHENTICATED';
  const code = refused ? error.code : 'UNAVAILABLE';
  // What an instance answers names the method already.
  const prefix = `${label}: `;
  const last = error.message.startsWith(prefix)
    ? error.message.slice(prefix.length)
    : error.message;
  const message =
    tried > 1
      ? `${prefix}none of ${tried} instances could take the call; the last one: ${last}`
      : `${prefix}${last}`;
  return new RpcError(code, message, {
    reason,
    ...(details === undefined ? {} : { details }),
    retryable,
    sent,
    cause: error,
  });
}
