import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ClientStart, Ports, ServerStart, TlsFiles } from './echo-subject.ts';
import type { ClientRound, RoundRequest } from './round.ts';
import type { Usage } from './usage.ts';

/** What one round gave. */
export interface RoundResult {
  client: ClientRound;
  server: Usage;
}

/** A running pair of server and client. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  /** Lets the client call for a while. */
  round(request: RoundRequest): Promise<RoundResult>;
}

/** Starts server and client of a subject, each in its own process. `kind`: see {@link echoSubject}. */
export async function startSubject(
  name: string,
  kind: string,
  tls: TlsFiles | undefined,
): Promise<Subject> {
  const running = new AsyncDisposableStack();
  try {
    const server = start('server-process.ts', kind, running);
    const client = start('client-process.ts', kind, running);
    const ports = await ask<Ports>(server, { tls } satisfies ServerStart);
    await ask<'ready'>(client, { ports, tls } satisfies ClientStart);
    return {
      name,
      async round(request) {
        await ask<'measuring'>(server, 'begin');
        const ofClient = await ask<ClientRound>(client, request);
        return { client: ofClient, server: await ask<Usage>(server, 'end') };
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

/** Starts a program of this folder, which answers each message with one of its own; it ends with `running`. */
export function start(file: string, kind: string, running: AsyncDisposableStack): ChildProcess {
  const child = fork(join(import.meta.dirname, file), [kind], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  running.adopt(child, stop);
  return child;
}

/** Sends a message and resolves with the next one that comes back. */
export async function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
  const ended = new AbortController();
  const onExit = (): void => ended.abort(new Error(`${child.spawnargs.join(' ')} ended early`));
  child.once('exit', onExit);
  try {
    child.send(message);
    const [answer] = (await once(child, 'message', { signal: ended.signal })) as [T];
    return answer;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.removeListener('exit', onExit);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
