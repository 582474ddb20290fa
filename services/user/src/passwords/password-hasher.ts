import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { type Argon2Parameters, formatPhc, type PasswordHash, parsePhc } from './phc-string.ts';
import { WorkLimit } from './work-limit.ts';

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
export const OWASP_ARGON2ID: Argon2Parameters = { memory: 19_456, passes: 2, parallelism: 1 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** How many hashes may wait per core; at about 40 ms each the last one waits less than three seconds. */
const WAITING_PER_CORE = 64;

const argon2Async = promisify(argon2);

/**
 * Makes and checks password hashes off the event loop, no more at once than there are cores: a crowd of logins
 * neither starves the other calls nor takes more than 19 MiB per core.
 */
export class PasswordHasher {
  readonly #limit: WorkLimit;
  readonly #parameters: Argon2Parameters;
  /** Checked in place of a user who does not exist; no password matches it. */
  readonly #decoy: PasswordHash;

  constructor(parameters: Argon2Parameters = OWASP_ARGON2ID, cores = availableParallelism()) {
    this.#parameters = parameters;
    this.#limit = new WorkLimit({ running: cores, waiting: cores * WAITING_PER_CORE });
    this.#decoy = {
      ...parameters,
      salt: randomBytes(SALT_BYTES),
      hash: randomBytes(HASH_BYTES),
    };
  }

  /** How many passwords wait to be hashed. */
  get waiting(): number {
    return this.#limit.waiting;
  }

  /** A new PHC string with a salt of its own. */
  async hash(password: string, signal?: AbortSignal): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const hash = await this.#derive(password, { ...this.#parameters, salt }, HASH_BYTES, signal);
    return formatPhc({ ...this.#parameters, salt, hash });
  }

  /**
   * True when the password made this PHC string. `undefined` stands for a user who does not exist: false, after
   * the same work.
   */
  async verify(
    password: string,
    stored: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const known = stored === undefined ? undefined : parsePhc(stored);
    const expected = known ?? this.#decoy;
    const actual = await this.#derive(password, expected, expected.hash.length, signal);
    return timingSafeEqual(actual, expected.hash) && known !== undefined;
  }

  #derive(
    password: string,
    { memory, passes, parallelism, salt }: Argon2Parameters & { salt: Buffer },
    tagLength: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    // RFC 8265: the same password typed on two systems may arrive composed or decomposed.
    const message = Buffer.from(password.normalize('NFC'), 'utf8');
    return this.#limit.run(
      () =>
        argon2Async('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength }),
      signal,
    );
  }
}
