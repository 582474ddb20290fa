import { spawn } from 'node:child_process';
import { root, toolEnvironment } from './paths.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a command on this terminal and waits for it, through Ctrl-C too: signals are handed on and the child decides
 * when it is done. Resolves with its `{ code, signal }`; rejects when it cannot be started.
 */
export function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: toolEnvironment(), stdio: 'inherit' });
    const forward = (signal) => child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, forward);
    const release = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (cause) => {
      release();
      reject(cause);
    });
    child.once('exit', (code, signal) => {
      release();
      resolve({ code, signal });
    });
  });
}

/** Ends this process the way a child ended: same exit code, or same signal. */
export function endLike({ code, signal }) {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
}

/**
 * Runs a command out of sight and waits for it; `onTick(seconds)` is called every few seconds meanwhile.
 * Resolves with `{ code, output }`, the output being stdout and stderr as they came.
 */
export function capture(command, args, { cwd = root, onTick, tickSeconds = 10 } = {}) {
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const child = spawn(command, args, {
      cwd,
      env: toolEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const ticker = onTick
      ? setInterval(() => onTick(Math.round((Date.now() - began) / 1000)), tickSeconds * 1000)
      : undefined;
    child.once('error', (cause) => {
      clearInterval(ticker);
      reject(cause);
    });
    child.once('close', (code, signal) => {
      clearInterval(ticker);
      resolve({ code: code ?? (signal ? 1 : 0), output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
