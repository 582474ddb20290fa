import { join } from 'node:path';
import { type Child, type ChildOptions, startChild } from '@mpim/testkit';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');

/** Starts the `mpim` command as a process of its own. */
export function startMpim(args: readonly string[], options: ChildOptions = {}): Child {
  return startChild(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    ...options,
    env: { NO_COLOR: '1', ...options.env },
  });
}

/** Runs the `mpim` command to its end. */
export async function mpim(
  args: readonly string[],
  options: ChildOptions = {},
): Promise<{ code: number | NodeJS.Signals; stdout: string; stderr: string }> {
  await using child = startMpim(args, options);
  child.process.stdin?.end();
  const code = await child.exit;
  return { code, stdout: child.stdout.join('\n'), stderr: child.stderr.join('\n') };
}
