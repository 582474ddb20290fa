import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolders } from '@mpim/service-kit/make-folders';
import { CommandError } from '../command-error.ts';

/** Makes the data directory if need be. Throws CommandError `DATA_DIR` when it cannot be used. */
export function prepareDataDir(path: string): void {
  const remedy = 'Give another one with --data-dir DIR.';
  try {
    makeFolders(path);
    const probe = join(path, `.writable-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    throw new CommandError('DATA_DIR', `${whyNot(path, cause)} ${remedy}`, { cause });
  }
}

function whyNot(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `The data directory ${path} is not a directory: a file is in its place.`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `The data directory ${path} is not writable for this user.`;
    default:
      return `The data directory ${path} cannot be used: ${cause instanceof Error ? cause.message : cause}.`;
  }
}

/** A port that something is about to listen on, and the flag that moves it. */
export interface WantedPort {
  readonly port: number;
  readonly host: string;
  /** Who will listen there. */
  readonly what: string;
  readonly flag: string;
}

/** Throws CommandError `PORT_TAKEN` when another program listens there. Port 0 is always free. */
export async function checkPort(wanted: WantedPort): Promise<void> {
  const { port, host, what, flag } = wanted;
  const code = await whyNotListening(port, host);
  if (code === undefined) return;
  const reason =
    code === 'EADDRINUSE'
      ? `is taken by another program`
      : code === 'EACCES'
        ? `needs more rights than this user has (ports below 1024 usually do)`
        : `cannot be used (${code})`;
  throw new CommandError(
    'PORT_TAKEN',
    `Port ${port} on ${host}, for ${what}, ${reason}. Choose another with ${flag} N, or end what uses it.`,
  );
}

function whyNotListening(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen({ port, host }, () => probe.close(() => resolve(undefined)));
  });
}

/**
 * Waits until these processes have gone: children of a supervisor that was cut short end by themselves, and hold
 * ports and databases until then. Gives up after `limitMs`; a process id may belong to somebody else by now.
 */
export async function waitUntilGone(pids: readonly number[], limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (pids.some(isAlive) && performance.now() < deadline) await delay(50);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
