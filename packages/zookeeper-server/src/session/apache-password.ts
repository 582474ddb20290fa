const SECRET = 0xb341_5c00n;
const MULTIPLIER = 0x5_deec_e66dn;
const ADDEND = 0xbn;
const STATE_BITS = 48;
const PASSWORD_BYTES = 16;

/**
 * The password that Apache ZooKeeper gives a session: the first 16 bytes of `java.util.Random`, seeded with
 * the id (ZooKeeper: `ZooKeeperServer.generatePasswd`). Anybody who knows the id can tell it; it keeps
 * clients from taking each other's sessions by mistake, and stays good when the other server takes over.
 */
export function apachePassword(sessionId: bigint): Buffer {
  const password = Buffer.alloc(PASSWORD_BYTES);
  let state = BigInt.asUintN(STATE_BITS, sessionId ^ SECRET ^ MULTIPLIER);
  for (let at = 0; at < PASSWORD_BYTES; at += 4) {
    state = BigInt.asUintN(STATE_BITS, state * MULTIPLIER + ADDEND);
    // The upper 32 bits, lowest byte first.
    password.writeInt32LE(Number(BigInt.asIntN(32, state >> 16n)), at);
  }
  return password;
}
