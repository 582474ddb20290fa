import type { TreeDigest } from './tree-digest.ts';

/** The tree's digest after a transaction. */
export interface DigestEntry {
  readonly zxid: bigint;
  readonly digest: bigint;
}

/** Every 128th transaction has these bits at zero (ZooKeeper: `DataTree.DIGEST_LOG_INTERVAL`). */
const INTERVAL_BITS = 7;
const MAX_ENTRIES = 1024;

/** The digest after every 128th transaction since the start, to compare servers by; the oldest of many are forgotten. */
export class DigestLog {
  readonly #entries: DigestEntry[] = [];

  /** Oldest first. */
  get entries(): readonly DigestEntry[] {
    return this.#entries;
  }

  /** Notes the digest, if this is a transaction after which ZooKeeper does. */
  note(zxid: bigint, digest: TreeDigest): void {
    if (BigInt.asUintN(INTERVAL_BITS, zxid) !== 0n) return;
    if (this.#entries.length === MAX_ENTRIES) this.#entries.shift();
    this.#entries.push({ zxid, digest: digest.value });
  }
}
