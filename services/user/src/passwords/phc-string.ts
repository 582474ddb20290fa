/** What argon2id needs to compute a hash again; RFC 9106's m, t, p. */
export interface Argon2Parameters {
  /** Memory, KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** A stored hash with everything that made it, but the password. */
export interface PasswordHash extends Argon2Parameters {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

// Base64 without padding, as the PHC string format asks.
const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`: the format other programs read, too. */
export function formatPhc({ memory, passes, parallelism, salt, hash }: PasswordHash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Reads a PHC string; `undefined` when it is not argon2id, version 19. */
export function parsePhc(text: string): PasswordHash | undefined {
  const match = PHC.exec(text);
  if (!match) return undefined;
  const [, memory, passes, parallelism, salt = '', hash = ''] = match;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
