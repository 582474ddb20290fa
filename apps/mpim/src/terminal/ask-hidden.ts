import type { ReadStream } from 'node:tty';

const ENTER = /[\r\n]/;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_U = '\u0015';
const BACKSPACE = /[\u007f\b]/;

/**
 * Asks a question on the terminal and reads the answer without showing it. Resolves with `undefined` when the
 * person gives up (Ctrl-C, Ctrl-D on an empty line). The terminal is as before when it returns.
 */
export async function askHidden(
  question: string,
  input: ReadStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<string | undefined> {
  const wasRaw = input.isRaw;
  // Before the question: an answer that comes at once must not be shown either.
  input.setRawMode(true);
  output.write(question);
  input.setEncoding('utf8');
  let answer = '';
  try {
    return await new Promise<string | undefined>((resolve) => {
      const onData = (chunk: string) => {
        for (const character of chunk) {
          if (ENTER.test(character)) return done(answer);
          if (character === CTRL_C || (character === CTRL_D && answer === ''))
            return done(undefined);
          if (character === CTRL_U) answer = '';
          else if (BACKSPACE.test(character)) answer = [...answer].slice(0, -1).join('');
          else if (character >= ' ') answer += character;
        }
      };
      const done = (result: string | undefined) => {
        input.off('data', onData);
        resolve(result);
      };
      input.on('data', onData);
      input.resume();
    });
  } finally {
    input.setRawMode(wasRaw);
    input.pause();
    output.write('\n');
  }
}
