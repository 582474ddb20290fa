import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RoundRequest, RoundResult } from './client-process.ts';

/** The ways to echo that are compared. */
export type SubjectKind = 'mprpc' | 'grpc' | 'raw';

/** A running pair of server and client. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  /** Lets the client call for a while. */
  round(request: RoundRequest): Promise<RoundResult>;
}

/** Starts server and client of a subject, each in its own process. */
export async function startSubject(
  name: string,
  kind: SubjectKind,
  payloadBytes: number,
): Promise<Subject> {
  const server = start('server-process.ts', [kind]);
  const port = (await answer(server)) as number;
  const client = start('client-process.ts', [kind, String(port), String(payloadBytes)]);
  await answer(client);
  return {
    name,
    async round(request) {
      client.send(request);
      return (await answer(client)) as RoundResult;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([stop(client), stop(server)]);
    },
  };
}

function start(file: string, args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function answer(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const onExit = (): void => ended.abort(new Error(`${child.spawnargs.join(' ')} ended early`));
  child.once('exit', onExit);
  try {
    const [message] = (await once(child, 'message', { signal: ended.signal })) as [unknown];
    return message;
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
