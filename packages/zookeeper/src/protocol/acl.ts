/** Bits of {@link Acl.permissions} (ZooKeeper: `ZooDefs.Perms`). */
export const Permission = {
  read: 1,
  write: 2,
  create: 4,
  delete: 8,
  admin: 16,
  all: 31,
} as const;

/** One entry of an access control list: what the identity `scheme:id` may do with a node. */
export interface Acl {
  /** Sum of {@link Permission} bits. Servers keep any 32 bits that some client has given them. */
  readonly permissions: number;
  /** `world`, `auth`, `digest`, `ip`, `sasl` or `x509`. */
  readonly scheme: string;
  /** Identity within the scheme, such as `anyone` or `user:base64(sha1(user:password))`. */
  readonly id: string;
}

/** Everybody may do everything. */
export const OPEN_ACL: readonly Acl[] = Object.freeze([
  Object.freeze({ permissions: Permission.all, scheme: 'world', id: 'anyone' }),
]);

/** The identities of the creating connection may do everything, others nothing. */
export const CREATOR_ALL_ACL: readonly Acl[] = Object.freeze([
  Object.freeze({ permissions: Permission.all, scheme: 'auth', id: '' }),
]);

/** Everybody may read. */
export const READ_ONLY_ACL: readonly Acl[] = Object.freeze([
  Object.freeze({ permissions: Permission.read, scheme: 'world', id: 'anyone' }),
]);
