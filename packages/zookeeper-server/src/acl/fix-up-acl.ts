import { type Acl, ErrorCode, OPEN_ACL } from '@mpim/zookeeper/protocol';
import { refuse } from '../request-error.ts';
import { isValidDigestId } from './digest-scheme.ts';
import type { Identity } from './identity.ts';
import { isValidIpId } from './ip-scheme.ts';
import { sharedAcl } from './shared-acl.ts';

/** Who asks for an ACL, and what it may name. */
export interface AclContext {
  readonly identities: readonly Identity[];
  /** Schemes besides `world`, `auth`, `digest` and `ip`. */
  readonly schemes?: ReadonlySet<string>;
  /** Whether `digest` is off. */
  readonly noDigest?: boolean;
}

/** Schemes whose identities a client has proven. */
const PROVEN: ReadonlySet<string> = new Set(['digest', 'sasl', 'x509']);

/**
 * The ACL to store for the one a client asked for: exact duplicates dropped, `auth` replaced by the
 * client's own identities. Refuses with INVALIDACL an empty list, an unknown scheme, a malformed id,
 * and `auth` from a client that has not authenticated (ZooKeeper: `PrepRequestProcessor.fixupACL`).
 */
export function fixUpAcl(asked: readonly Acl[], context: AclContext): readonly Acl[] {
  if (sharedAcl(asked) === OPEN_ACL) return OPEN_ACL;
  const unique = asked.filter((acl, i) => asked.findIndex((other) => sameAcl(acl, other)) === i);
  if (unique.length === 0) refuse(ErrorCode.INVALIDACL);
  return unique.flatMap((acl) =>
    acl.scheme === 'auth' ? expand(acl, context.identities) : [valid(acl, context)],
  );
}

function sameAcl(a: Acl, b: Acl): boolean {
  return a.permissions === b.permissions && a.scheme === b.scheme && a.id === b.id;
}

function expand(acl: Acl, identities: readonly Identity[]): Acl[] {
  const proven = identities.filter(({ scheme }) => PROVEN.has(scheme));
  // An address is not something a client has proven: `ip` does not count.
  if (proven.length === 0) refuse(ErrorCode.INVALIDACL);
  return proven.map(({ scheme, id }) => ({ permissions: acl.permissions, scheme, id }));
}

function valid(acl: Acl, { schemes, noDigest }: AclContext): Acl {
  const good =
    (acl.scheme === 'world' && acl.id === 'anyone') ||
    (acl.scheme === 'digest' && noDigest !== true && isValidDigestId(acl.id)) ||
    (acl.scheme === 'ip' && isValidIpId(acl.id)) ||
    (schemes?.has(acl.scheme) === true && acl.id !== '');
  return good ? acl : refuse(ErrorCode.INVALIDACL);
}
