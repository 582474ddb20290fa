import type { Stat } from '@mpim/zookeeper/protocol';
import { printable } from '../terminal/printable.ts';
import { statJson, statLines } from './stat-text.ts';

/** Prints what `mpim zk` found: as zkCli does, or as one JSON object per answer. */
export class ZkPrinter {
  readonly #json: boolean;
  readonly #output: NodeJS.WriteStream;

  constructor(options: { json: boolean; output?: NodeJS.WriteStream }) {
    this.#json = options.json;
    this.#output = options.output ?? process.stdout;
  }

  /** `facts` is what `--json` shows; `lines` what people see, followed by the stat where there is one. */
  answer(facts: Record<string, unknown>, lines: readonly string[], stat?: Stat): void {
    if (this.#json) {
      this.#line(JSON.stringify(stat ? { ...facts, stat: statJson(stat) } : facts));
      return;
    }
    for (const line of lines) this.#line(line);
    if (stat) for (const line of statLines(stat)) this.#line(line);
  }

  /** A node's content. Bytes that are not UTF-8 appear in JSON as `dataBase64`; zkCli's `null` stands for none. */
  data(path: string, data: Buffer | null, stat: Stat | undefined): void {
    const text = data === null ? null : decode(data);
    const facts =
      text === undefined ? { path, dataBase64: data?.toString('base64') } : { path, data: text };
    const shown = data === null ? 'null' : data.toString('utf8');
    // A pipe gets the bytes' own text, a terminal nothing that steers it.
    this.answer(facts, [this.#output.isTTY ? printable(shown) : shown], stat);
  }

  #line(text: string): void {
    this.#output.write(`${text}\n`);
  }
}

function decode(data: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}
