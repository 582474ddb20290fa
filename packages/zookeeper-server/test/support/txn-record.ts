import { JuteReader, JuteWriter } from '@mpim/zookeeper/protocol';
import { replayTxn } from '../../src/persistence/replay.ts';
import { readTxn, writeTxn } from '../../src/persistence/txn-codec.ts';
import type { DataTree } from '../../src/tree/data-tree.ts';
import type { Txn, TxnHeader } from '../../src/txn/txn.ts';

/** Transactions as a log holds them, in memory. */
export class TxnRecord {
  readonly #entries: Buffer[] = [];

  add(header: TxnHeader, txn: Txn): void {
    const output = new JuteWriter();
    writeTxn(output, header, txn);
    this.#entries.push(output.take());
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
