import { randomBytes } from 'node:crypto';

/** Where the server gets randomness from: the secret behind session passwords. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
}

/** Randomness of the operating system. */
export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
