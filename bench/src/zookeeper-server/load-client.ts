import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Child, startChild } from '@mpim/testkit';
import type { LoadRequest, LoadResult } from './load-request.ts';

/** The process that makes the load, from outside. */
export class LoadClient implements AsyncDisposable {
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: Child) {
    const { stdout } = child.process;
    if (stdout === null) throw new Error('the load process has no stdout');
    this.#child = child;
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<LoadClient> {
    const file = join(import.meta.dirname, 'load-process.ts');
    const client = new LoadClient(startChild(process.execPath, [file]));
    await client.#line();
    return client;
  }

  /** Has something done. Rejects, with what the process said, when the answer was not as it must be. */
  async run(request: LoadRequest): Promise<LoadResult> {
    this.#child.writeLine(JSON.stringify(request));
    return JSON.parse(await this.#line()) as LoadResult;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the load process ended:\n${this.#child.output()}`);
    return value;
  }
}
