import { readFileSync } from 'node:fs';

/** One step of a guide, in the order of the page. */
export type Step =
  /** A file to save. */
  | { kind: 'file'; name: string; text: string }
  /** Commands, and what they print when the page shows it. `terminal`: the one it belongs into. */
  | { kind: 'commands'; commands: string; output: string | undefined; terminal: Terminal }
  /** The reader presses Ctrl-C there; `output`: what the third terminal shows then. */
  | { kind: 'interrupt'; terminal: Terminal; output: string | undefined };

/** Which of the reader's terminals. */
export type Terminal = 'first' | 'second' | 'third';

const FENCE = /^```(\w+)\n(.*?)^```$/gms;

/**
 * Reads the steps of a page: a block after a line such as `` `package.json`: `` is that file, `sh` are commands, the `text`
 * after them is what they print. A paragraph names the terminal; without one, it is the third.
 */
export function readSteps(file: string): Step[] {
  const page = readFileSync(file, 'utf8');
  const steps: Step[] = [];
  let from = 0;
  for (const match of page.matchAll(FENCE)) {
    const [whole, language, text = ''] = match;
    const prose = page.slice(from, match.index);
    from = match.index + whole.length;
    const last = prose.trim().split('\n').at(-1) ?? '';
    const name = /^`([^`]+)`:$/.exec(last)?.[1];
    const terminal = (/^In the (first|second|third) terminal/m.exec(prose)?.[1] ??
      'third') as Terminal;
    const interrupted = /press Ctrl-C in the (first|second) terminal/.exec(prose)?.[1];
    if (interrupted !== undefined) {
      steps.push({ kind: 'interrupt', terminal: interrupted as Terminal, output: undefined });
    }
    if (name !== undefined) {
      steps.push({ kind: 'file', name, text });
    } else if (language === 'sh') {
      const commands = text.trim();
      steps.push({ kind: 'commands', commands, output: undefined, terminal });
    } else {
      const before = steps.at(-1);
      if (language !== 'text' || before === undefined || before.kind === 'file') {
        throw new Error(`${file}: nobody knows what this block is for:\n${whole}`);
      }
      before.output = text.trim();
    }
  }
  return steps;
}

/** True when the text is what the page shows: `…` stands for anything on a line, runs of spaces for each other. */
export function isShown(shown: string, text: string): boolean {
  const lines = shown.split('\n').map((line) =>
    line
      .trim()
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(/ +/g, ' +'))
      .join('.*'),
  );
  return new RegExp(`^ *${lines.join(' *\\n *')} *$`).test(text.trim());
}
