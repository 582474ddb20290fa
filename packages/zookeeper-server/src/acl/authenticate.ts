import { digestOf } from './digest-scheme.ts';
import { type Identity, SUPER_IDENTITY } from './identity.ts';

/**
 * The identities that an auth packet proves, or null for a scheme the server does not know.
 * Digest credentials are whatever the client says: they open the nodes made with the same ones.
 */
export function authenticate(
  request: { scheme: string; auth: Uint8Array },
  peer: { address: string; superDigest: string | null },
): readonly Identity[] | null {
  switch (request.scheme) {
    case 'digest': {
      const id = digestOf(Buffer.from(request.auth).toString());
      const own = { scheme: 'digest', id };
      return id === peer.superDigest ? [SUPER_IDENTITY, own] : [own];
    }
    case 'ip':
      return [{ scheme: 'ip', id: peer.address }];
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
