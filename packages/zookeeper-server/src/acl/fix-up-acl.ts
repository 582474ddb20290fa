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

/** Every request for a node is compared with all of its ACL, in one turn, so that it cannot have any number of entries. */
const MAX_ENTRIES = 10_000;

/**
 * The ACL to store for the one a client asked for: exact duplicates dropped, `auth` replaced by the
 * client's own identities. Refuses with INVALIDACL an empty list, an unknown scheme, a malformed id,
 * and `auth` from a client that has not authenticated (ZooKeeper: `PrepRequestProcessor.fixupACL`), and more
 * than 10,000 entries.
 */
export function fixUpAcl(asked: readonly Acl[], context: AclContext): readonly Acl[] {
  if (sharedAcl(asked) === OPEN_ACL) return OPEN_ACL;
  const unique =
    asked.length === 1 ? asked : [...new Map(asked.map((acl) => [keyOf(acl), acl])).values()];
  const proven = context.identities.filter(({ scheme }) => PROVEN.has(scheme));
  const ofClient = unique.filter(({ scheme }) => scheme === 'auth').length;
  const count = unique.length + ofClient * (proven.length - 1);
  if (unique.length === 0 || count > MAX_ENTRIES) refuse(ErrorCode.INVALIDACL);
  return unique.flatMap((acl) =>
    acl.scheme === 'auth' ? expand(acl, proven) : [valid(acl, context)],
  );
}

/** A text that only equal entries have. */
function keyOf({ permissions, scheme, id }: Acl): string {
  return `${permissions} ${scheme.length} ${scheme}${id}`;
}

function expand(acl: Acl, proven: readonly Identity[]): Acl[] {
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
