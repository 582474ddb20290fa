/** Bytes a log begins with: "ZKLG", version 2, database id 0 (ZooKeeper: `FileTxnLog`). */
export const LOG_HEADER: Buffer = Buffer.from('5a4b4c47000000020000000000000000', 'hex');

/** An entry's checksum (8 bytes, the upper four zero) and the length of its payload. */
export const ENTRY_HEADER_BYTES = 12;

/** An entry's payload is followed by one byte, `B`. */
export const ENTRY_END = 0x42;

/** The shortest payload: a transaction header and nothing else. */
export const MIN_PAYLOAD_BYTES = 32;

/** Bytes of an entry with a payload of this length. */
export function entryBytes(payloadBytes: number): number {
  return ENTRY_HEADER_BYTES + payloadBytes + 1;
}
