/** A 64-bit id, of a session or a transaction, as ZooKeeper prints it: `0x` and the hex digits of the unsigned number. */
export function hex(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`;
}
