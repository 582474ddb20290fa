import { MAX_TTL_MS } from '@mpim/zookeeper/protocol';

/** Owner that marks a container node (ZooKeeper: `EphemeralType.CONTAINER_EPHEMERAL_OWNER`). */
export const CONTAINER_OWNER: bigint = -(2n ** 63n);

/** Owner of nodes that belong to nobody. */
export const NO_OWNER = 0n;

const TTL_MARK = 0xffn << 56n;

/** What the owner field of a node says about it. */
export type OwnerKind = 'none' | 'session' | 'container' | 'ttl';

/** Reads the owner field (ZooKeeper: `EphemeralType.get`). */
export function ownerKind(owner: bigint): OwnerKind {
  if (owner === NO_OWNER) return 'none';
  if (owner === CONTAINER_OWNER) return 'container';
  return owner < 0n && owner >> 56n === -1n ? 'ttl' : 'session';
}

/** Owner that marks a node with a time to live; `ttlMs` is above 0 and below 2^40. */
export function ttlOwner(ttlMs: number): bigint {
  return BigInt.asIntN(64, TTL_MARK | BigInt(ttlMs));
}

/** The time to live in ms behind an owner made by {@link ttlOwner}. */
export function ttlOf(owner: bigint): number {
  return Number(BigInt.asUintN(64, owner) & ~TTL_MARK);
}

/** Whether a time to live fits beside its mark. */
export function isValidTtl(ttlMs: number): boolean {
  return ttlMs > 0 && ttlMs < MAX_TTL_MS;
}
