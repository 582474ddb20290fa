import { JuteWriter } from '@mpim/zookeeper/protocol';
import { DIGEST_VERSION, type TreeDigest } from '../tree/tree-digest.ts';
import type { Txn, TxnHeader } from '../txn/txn.ts';
import { ADLER_START, adler32 } from './adler32.ts';
import { ENTRY_END, ENTRY_HEADER_BYTES } from './log-format.ts';
import { writeTxn } from './txn-codec.ts';

const INITIAL_BYTES = 64 * 1024;
/** A buffer that had to grow beyond this is not kept. */
const MAX_KEPT_BYTES = 4 << 20;

const END = Buffer.of(ENTRY_END);

/** Entries of the log that are written in one go, and who waits for them. */
export class LogBatch {
  /** Zxid of the first entry. */
  firstZxid = 0n;
  /** Called when the entries are safe. */
  waiters: (() => void)[] = [];
  #output = new JuteWriter(INITIAL_BYTES);
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Number of entries. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all entries. */
  get length(): number {
    return this.#output.length;
  }

  /** Adds an entry; `digest` is the tree's after it. */
  add(header: TxnHeader, txn: Txn, digest: TreeDigest | null): void {
    if (this.#count++ === 0) this.firstZxid = header.zxid;
    const output = this.#output;
    output.long(0n);
    const mark = output.beginFrame();
    const takesDigest = writeTxn(output, header, txn);
    if (takesDigest && digest !== null) {
      output.int(DIGEST_VERSION);
      output.int(digest.high);
      output.int(digest.low);
    }
    output.endFrame(mark);
    output.raw(END);
  }

  /** All entries with their checksums, in place: valid until {@link clear}. */
  finish(): Buffer {
    const bytes = this.#output.view(0);
    for (let at = 0; at < bytes.length; ) {
      const start = at + ENTRY_HEADER_BYTES;
      const end = start + bytes.readInt32BE(start - 4);
      bytes.writeUInt32BE(adler32(bytes, start, end, ADLER_START), at + 4);
      at = end + 1;
    }
    return bytes;
  }

  /** Forgets the entries and hands over who waited for them. */
  clear(): (() => void)[] {
    const { waiters } = this;
    if (this.#output.length > MAX_KEPT_BYTES) this.#output = new JuteWriter(INITIAL_BYTES);
    else this.#output.rewind(0);
    this.waiters = [];
    this.#count = 0;
    return waiters;
  }
}
