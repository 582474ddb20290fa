import { join } from 'node:path';
import { type Child, startChild, waitFor } from '@mpim/testkit';

/** What one command said, and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One process that runs many `mpim` commands in turn: starting a process for each would take a test's patience. */
export class Shell implements AsyncDisposable {
  readonly #child: Child = startChild(
    process.execPath,
    [join(import.meta.dirname, 'shell-main.ts')],
    { env: { NO_COLOR: '1' } },
  );

  async run(args: readonly string[]): Promise<Outcome> {
    const { stdout, stderr } = this.#child;
    const [fromOut, fromErr] = [stdout.length, stderr.length];
    this.#child.writeLine(JSON.stringify(args));
    const ends = (lines: string[], from: number) =>
      lines.findIndex((line, index) => index >= from && line.startsWith('\u0000'));
    await waitFor(() => ends(stdout, fromOut) >= 0 && ends(stderr, fromErr) >= 0, {
      intervalMs: 2,
      what: `mpim ${args.join(' ')}: ${this.#child.output()}`,
    });
    const out = ends(stdout, fromOut);
    return {
      code: Number(stdout[out]?.slice(1)),
      stdout: stdout.slice(fromOut, out).join('\n'),
      stderr: stderr.slice(fromErr, ends(stderr, fromErr)).join('\n'),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
