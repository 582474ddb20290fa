import { RpcError } from '../errors.ts';

/** A secret that services share: at least 16 bytes, from a random generator. Text counts as UTF-8. */
export type SharedSecret = string | Uint8Array;

/**
 * How a channel shows a provider who it is. With `secret` both prove to each other that they have it, and it
 * never crosses the wire; `token` is sent as it is, so use it over TLS.
 */
export type ClientAuthentication =
  | { readonly secret: SharedSecret }
  | { readonly token: string | (() => string | Promise<string>) };

/** What a provider demands of its callers: any one of these. */
export interface ServerAuthentication {
  /** Callers with one of these are let in. More than one while a secret is being replaced. */
  readonly secrets?: readonly SharedSecret[];
  /** Says whose token it is; `undefined` for nobody's. What it throws refuses the caller too. */
  readonly verifyToken?: (
    token: string,
  ) => TokenSubject | undefined | Promise<TokenSubject | undefined>;
}

/** Whom a token stands for. */
export type TokenSubject = string;

/** Who a caller is, as far as it was proven. A TLS name counts where nothing else is demanded. */
export type PeerIdentity =
  | { readonly kind: 'none' }
  | { readonly kind: 'shared-secret' }
  | { readonly kind: 'token'; readonly subject: TokenSubject }
  | { readonly kind: 'tls'; readonly subject: string };

/** Names on the wire. */
export const Scheme = { HMAC: 'hmac-sha256', TOKEN: 'token' } as const;

const MIN_SECRET_BYTES = 16;

/** The bytes of a secret. Throws RpcError INVALID_ARGUMENT when it is too short to be one. */
export function secretBytes(secret: SharedSecret): Buffer {
  const bytes = Buffer.from(secret as Uint8Array);
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new RpcError(
      'INVALID_ARGUMENT',
      `a shared secret of ${bytes.length} bytes is too short: take at least ${MIN_SECRET_BYTES} random ones`,
    );
  }
  return bytes;
}

/** The two do not get to trust each other: UNAUTHENTICATED. Trying again does not help. */
export function unauthenticated(message: string): RpcError {
  return new RpcError('UNAUTHENTICATED', message, {
    reason: 'UNAUTHENTICATED',
    retryable: false,
  });
}
