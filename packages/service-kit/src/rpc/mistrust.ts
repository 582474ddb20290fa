import { RpcError } from '@mpim/mprpc';

/** What mprpc gives as the reason when two ends of a connection do not get to trust each other. */
const MISTRUST = 'UNAUTHENTICATED';

/**
 * Makes UNAVAILABLE of two services that do not share a secret. UNAUTHENTICATED is what a service answers about a
 * user's session: a user must not be logged out because the operator mixed up two files.
 */
export function mistrustIsUnavailable(error: RpcError): RpcError {
  if (error.code !== 'UNAUTHENTICATED' || error.reason !== MISTRUST) return error;
  const remedy = 'Give all services the same --service-secret-file, or the same --data-dir.';
  return new RpcError('UNAVAILABLE', `${error.message}. ${remedy}`, {
    reason: 'SERVICE_SECRET',
    sent: false,
    cause: error,
  });
}
