import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../random.ts';
import { apachePassword } from './apache-password.ts';

const SECRET_BYTES = 32;
const PASSWORD_BYTES = 16;
const SERVER_ID_SHIFT = 56n;
const MS_SHIFT = 16n;
const MS_BITS = 40;

/** Password of an answer that refuses a session. */
export const NO_PASSWORD: Buffer = Buffer.alloc(PASSWORD_BYTES);

/**
 * Gives out session ids and the passwords that go with them.
 *
 * Ids have ZooKeeper's shape: the server's id in the top byte, 40 bits of the start time in ms, then a
 * counter; two runs of a server never give out the same one unless a run opens more than 65,536
 * sessions per ms of its life. A password is computed from the id, so none needs to be stored.
 */
export class SessionCredentials {
  readonly #secret: Uint8Array | null;
  #nextId: bigint;

  /**
   * `lasting`: passwords are good for later runs too, as Apache ZooKeeper's are; otherwise they are keyed
   * hashes that nobody can tell. Ids begin above `highestId`.
   */
  constructor(options: {
    random: Random;
    startTime: number;
    serverId: number;
    lasting?: boolean;
    highestId?: bigint;
  }) {
    this.#secret = options.lasting === true ? null : options.random.bytes(SECRET_BYTES);
    const start = BigInt.asUintN(MS_BITS, BigInt(Math.floor(options.startTime))) << MS_SHIFT;
    const first = (BigInt(options.serverId) << SERVER_ID_SHIFT) | start;
    const above = (options.highestId ?? 0n) + 1n;
    this.#nextId = above > first ? above : first;
  }

  /** The highest id given out so far, or one below the first. */
  get highestId(): bigint {
    return this.#nextId - 1n;
  }

  /** An id never given out before. */
  nextId(): bigint {
    return this.#nextId++;
  }

  /** The 16 bytes that let a client come back to a session. */
  passwordOf(sessionId: bigint): Buffer {
    if (this.#secret === null) return apachePassword(sessionId);
    const id = Buffer.allocUnsafe(8);
    id.writeBigInt64BE(sessionId);
    return createHmac('sha256', this.#secret).update(id).digest().subarray(0, PASSWORD_BYTES);
  }

  /** Whether these bytes are the session's password. */
  isPassword(sessionId: bigint, password: Uint8Array | null): boolean {
    if (password === null || password.length !== PASSWORD_BYTES) return false;
    return timingSafeEqual(this.passwordOf(sessionId), password);
  }
}
