import { writeFile } from 'node:fs/promises';
import { JuteReader, JuteWriter } from '@mpim/zookeeper/protocol';
import { LogBatch } from '../../src/persistence/log-batch.ts';
import { LOG_HEADER } from '../../src/persistence/log-format.ts';
import { replayTxn } from '../../src/persistence/replay.ts';
import { readTxn, writeTxn } from '../../src/persistence/txn-codec.ts';
import type { DataTree } from '../../src/tree/data-tree.ts';
import type { TreeDigest } from '../../src/tree/tree-digest.ts';
import type { Txn, TxnHeader } from '../../src/txn/txn.ts';

/** Transactions as a log holds them, in memory. */
export class TxnRecord {
  readonly #entries: Buffer[] = [];
  readonly #batch = new LogBatch();

  /** `digest` is the tree's after it. */
  add(header: TxnHeader, txn: Txn, digest: TreeDigest | null): void {
    this.#batch.add(header, txn, digest);
    const output = new JuteWriter();
    writeTxn(output, header, txn);
    this.#entries.push(output.take());
  }

  /** Writes all of it as a log. */
  async write(path: string): Promise<void> {
    await writeFile(path, Buffer.concat([LOG_HEADER, this.#batch.finish()]));
  }

  /** Brings a tree forward, by all that came after its last one up to `end`. */
  replay(tree: DataTree, end?: bigint): void {
    for (const bytes of this.#entries) {
      const logged = readTxn(new JuteReader(bytes));
      const { zxid } = logged.header;
      if (zxid > tree.lastZxid && (end === undefined || zxid <= end)) replayTxn(tree, logged);
    }
  }
}
