import { EventEmitter } from 'node:events';
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { displayWidth } from './display-width.ts';

/** Completes a word: the candidates for what stands before the cursor. */
export type Completer = (line: string) => [candidates: string[], completed: string];

/**
 * The last line of the terminal as an editor with history, and everything above it as a log: lines that are printed
 * push the editor down and leave what is being typed as it is.
 */
export class LineEditor extends EventEmitter<{ line: [string]; end: [] }> {
  readonly #output: WriteStream;
  readonly #readline: Interface;
  #prompt = '> ';
  #closed = false;

  constructor(input: ReadStream, output: WriteStream, completer: Completer) {
    super();
    this.#output = output;
    this.#readline = createInterface({
      input,
      output,
      completer,
      terminal: true,
      historySize: 500,
      removeHistoryDuplicates: true,
    });
    this.#readline.on('line', (line) => {
      this.#eraseTyped(line);
      this.emit('line', line);
      if (!this.#closed) this.#readline.prompt();
    });
    this.#readline.on('SIGINT', () => this.#interrupt());
    this.#readline.on('close', () => {
      if (!this.#closed) this.emit('end');
    });
  }

  /** What stands before the typed text. */
  setPrompt(prompt: string): void {
    this.#prompt = prompt;
    this.#readline.setPrompt(prompt);
    if (!this.#closed) this.#readline.prompt(true);
  }

  /** Prints a line above the editor. */
  print(text: string): void {
    if (this.#closed) {
      this.#output.write(`${text}\n`);
      return;
    }
    const { rows } = this.#readline.getCursorPos();
    if (rows > 0) moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    this.#output.write(`${text}\n`);
    this.#readline.prompt(true);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    this.#readline.close();
  }

  /** Takes the line that was typed away again: what becomes of it is printed in its place in the log. */
  #eraseTyped(line: string): void {
    const columns = this.#output.columns || 80;
    const width = displayWidth(this.#prompt) + displayWidth(line);
    moveCursor(this.#output, 0, -(Math.floor(width / columns) + 1));
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }

  /** Ctrl-C empties the line; on an empty one it ends. */
  #interrupt(): void {
    if (this.#readline.line === '') {
      this.emit('end');
      return;
    }
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
  }
}
