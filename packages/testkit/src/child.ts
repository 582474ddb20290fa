import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { waitFor } from './wait-for.ts';

/** Whoever ends without disposing of what it started, by an error or `process.exit`, takes it along. */
const running = new Set<Child>();
process.on('exit', () => {
  for (const child of running) child.kill();
});

/** What {@link startChild} takes beside the command. */
export interface ChildOptions {
  cwd?: string;
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Gives it a process group of its own, as a terminal does; signals then go to all of the group. */
  group?: boolean;
}

/** A child process whose lines are kept, that can be typed to, stalled and killed. */
export class Child implements AsyncDisposable {
  readonly process: ChildProcess;
  /** Every complete line of its stdout so far. */
  readonly stdout: string[] = [];
  /** Every complete line of its stderr so far. */
  readonly stderr: string[] = [];
  /** Resolves when it has ended: its exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
  readonly #command: string;
  readonly #group: boolean;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.#command = [command, ...args].join(' ');
    this.#group = options.group ?? false;
    const env = { ...process.env, ...options.env };
    // A test runner's own channel must not reach what it starts.
    delete env.NODE_TEST_CONTEXT;
    this.process = spawn(command, args, {
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      detached: this.#group,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.process.stdin?.on('error', () => {});
    this.#collect(this.process.stdout, this.stdout);
    this.#collect(this.process.stderr, this.stderr);
    this.exit = once(this.process, 'close').then(([code, signal]) => code ?? signal);
    this.exit.catch(() => {});
    running.add(this);
    this.process.once('exit', () => running.delete(this));
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error(`not started: ${this.#command}`);
    return pid;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Types one line. */
  writeLine(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** Waits for a line of stdout or stderr that matches, from line `from` of each on. */
  async waitForLine(pattern: RegExp, timeoutMs = 20_000, from = 0): Promise<string> {
    const found = () =>
      this.stdout.slice(from).find((line) => pattern.test(line)) ??
      this.stderr.slice(from).find((line) => pattern.test(line));
    await waitFor(() => found() !== undefined || !this.running, {
      timeoutMs,
      what: `${pattern} from ${this.#command}; it said:\n${this.output()}`,
    });
    const line = found();
    if (line === undefined) {
      throw new Error(`${this.#command} ended without ${pattern}; it said:\n${this.output()}`);
    }
    return line;
  }

  /** All it has said, for error messages. */
  output(): string {
    return [...this.stdout, ...this.stderr].slice(-40).join('\n');
  }

  /** Sends a signal if it still runs; to the whole group if it has one. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (!this.running) return;
    if (this.#group) process.kill(-this.pid, signal);
    else this.process.kill(signal);
  }

  /** Ends it, at first politely, and waits until it is gone. */
  async stop(timeoutMs = 10_000): Promise<void> {
    this.kill('SIGTERM');
    const force = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    await this.exit;
    clearTimeout(force);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGCONT');
    this.kill('SIGKILL');
    await this.exit;
  }

  #collect(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
}

/** Starts a program. Dispose of it (`await using`) or it runs as long as this process. */
export function startChild(
  command: string,
  args: readonly string[] = [],
  options: ChildOptions = {},
): Child {
  return new Child(command, args, options);
}
