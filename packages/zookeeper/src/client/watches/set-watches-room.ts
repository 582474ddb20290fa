/** A packet that arms watches anew stays below this, so that a server takes it (ZooKeeper: `ClientCnxn`, 128 KiB). */
const SET_WATCHES_BYTES = 128 * 1024;
/** Header, zxid and the lengths of the lists. */
const OTHER_BYTES = 64;

/** Bytes that the paths in such a packet may have together, their lengths included. */
export function setWatchesRoom(maxPacketBytes: number): number {
  return Math.min(SET_WATCHES_BYTES, maxPacketBytes) - OTHER_BYTES;
}
