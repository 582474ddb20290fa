/** A failure that is explained to the reader in full by its message: no stack, the given exit code. */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}
