import type { ServerCore } from '../server-core.ts';
import type { Asker } from './report-context.ts';

const MASK_BYTES = 8;

/** Sets the trace mask to the eight bytes that follow the word: `stmk`. Without them there is no answer. */
export function stmk(core: ServerCore, { argument }: Asker): string {
  if (argument.length < MASK_BYTES) return '';
  core.traceMask = argument.readBigInt64BE();
  return String(core.traceMask);
}
