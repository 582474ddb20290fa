/** Codes of {@link CommandError}. */
export type CommandErrorCode =
  | 'USAGE'
  | 'BAD_CONFIG'
  | 'PORT_TAKEN'
  | 'DATA_DIR'
  | 'ALREADY_RUNNING'
  | 'START_FAILED'
  | 'ZOOKEEPER'
  | 'CHAT'
  | 'CALL';

/**
 * A command that could not do what it was asked. The message says what happened, to what, and what to do: it is
 * printed without a stack. `exitCode` is 1, or 2 for a command line that makes no sense.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;
  readonly exitCode: number;

  constructor(code: CommandErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.exitCode = code === 'USAGE' ? 2 : 1;
  }
}
