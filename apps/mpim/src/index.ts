/** mpim: the command, for programs that want to run it in their own process. */

export type { CommandErrorCode } from './command-error.ts';
export { CommandError } from './command-error.ts';
export { runMain } from './run-main.ts';
