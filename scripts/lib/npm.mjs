import { existsSync } from 'node:fs';
import { capture } from './child.mjs';

/**
 * Runs npm out of sight: the one that started us, else the one on the PATH. Errors only, no advice.
 * Resolves with `{ code, output }`; `options` are those of `capture`.
 */
export function npm(args, options) {
  const script = process.env.npm_execpath;
  const isNpm = script?.endsWith('npm-cli.js') && existsSync(script);
  const quiet = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  return isNpm
    ? capture(process.execPath, [script, ...quiet], options)
    : capture('npm', quiet, options);
}
