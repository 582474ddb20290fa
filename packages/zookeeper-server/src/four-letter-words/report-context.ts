import type { OpenConnection } from '../connection/open-connection.ts';
import type { ServerCore } from '../server-core.ts';

/** Who asks by a four-letter word. */
export interface Asker {
  /** The connection the word came by. */
  readonly connection: OpenConnection;
  /** What came with the word, in the same packet. */
  readonly argument: Buffer;
}

/** Writes the answer of one four-letter word. */
export type Report = (core: ServerCore, asker: Asker) => string;
