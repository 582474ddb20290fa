import { digestOf } from './digest-scheme.ts';
import { type Identity, SUPER_IDENTITY } from './identity.ts';

/** What an auth packet is judged by. */
export interface AuthRules {
  readonly superDigest: string | null;
  readonly digestScheme: boolean;
  readonly digestAlgorithm: string;
}

/**
 * The identities that an auth packet proves, or null for a scheme the server does not know.
 * Digest credentials are whatever the client says: they open the nodes made with the same ones.
 */
export function authenticate(
  request: { scheme: string; auth: Uint8Array },
  address: string,
  rules: AuthRules,
): readonly Identity[] | null {
  switch (request.scheme) {
    case 'digest': {
      if (!rules.digestScheme) return null;
      const id = digestOf(Buffer.from(request.auth).toString(), rules.digestAlgorithm);
      const own = { scheme: 'digest', id };
      return id === rules.superDigest ? [SUPER_IDENTITY, own] : [own];
    }
    case 'ip':
      return [{ scheme: 'ip', id: address }];
    default:
      return null;
  }
}

/** Adds identities a connection does not have yet. */
export function mergeIdentities(
  held: readonly Identity[],
  added: readonly Identity[],
): readonly Identity[] {
  const fresh = added.filter(
    ({ scheme, id }) => !held.some((own) => own.scheme === scheme && own.id === id),
  );
  return fresh.length === 0 ? held : [...held, ...fresh];
}
