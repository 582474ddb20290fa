import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type Child,
  installedNpmPackage,
  NATIVE_ZOOKEEPER_CLIENT,
  NODE_ZOOKEEPER_CLIENT,
  startChild,
  type TemporaryFolder,
} from '@mpim/testkit';
import { compiledJavaPeer } from './java-peer.ts';
import { type RoundRequest, type RoundResult, requestLine } from './round.ts';

/** Us. */
export const US = 'mpim';
/** What the server can serve at most. */
export const LIMIT = 'raw socket';
/** What a client with promises costs at least. */
export const CLIENT_LIMIT = 'bare promises';
export const LIMITS: readonly string[] = [LIMIT, CLIENT_LIMIT];

/** The client whose CPU is compared with ours. */
export const PURE_NAME: string = NODE_ZOOKEEPER_CLIENT.name;

/** Beyond its length a round may take this long to set up and to end. */
const PATIENCE_MS = 60_000;

/** A client. */
export interface Subject {
  readonly name: string;
  /** Its processes. */
  readonly workers: readonly Worker[];
}

/** A client in a process of its own. */
export interface Worker {
  /** Lets the client work for a while. Rejects, with what its process said, when that ends or hangs. */
  round(request: RoundRequest): Promise<RoundResult>;
}

/** Which subjects to start, and how. */
export interface SubjectsOptions {
  readonly connectString: string;
  /** For what they need on disk. */
  readonly scratch: TemporaryFolder;
  /** They end with it. */
  readonly running: AsyncDisposableStack;
  /** Their names; all unless told. */
  readonly only?: readonly string[] | undefined;
  /** Of each subject. */
  readonly processes: number;
}

/** A program and its arguments. */
type Command = readonly [file: string, ...args: string[]];

/** Starts all subjects that can be had on this machine; for each of the others says on stderr why not. */
export async function startSubjects({
  connectString,
  scratch,
  running,
  only,
  processes,
}: SubjectsOptions): Promise<Subject[]> {
  const main = join(import.meta.dirname, 'node-process.ts');
  const node = (kind: string, packages = '.'): Command => {
    return [process.execPath, main, kind, connectString, packages];
  };
  const commands: readonly (readonly [string, () => Promise<Command>])[] = [
    [US, async () => node('mpim')],
    [
      PURE_NAME,
      async () => node('node-zookeeper-client', await installedNpmPackage(NODE_ZOOKEEPER_CLIENT)),
    ],
    [
      'zookeeper (native)',
      async () => node('native', await installedNpmPackage(NATIVE_ZOOKEEPER_CLIENT)),
    ],
    ['Java client', async () => ['java', ...(await compiledJavaPeer(scratch.path)), connectString]],
    [CLIENT_LIMIT, async () => node('bare')],
    [LIMIT, async () => node('raw')],
  ];
  const subjects: Subject[] = [];
  for (const [name, command] of commands) {
    if (only !== undefined && !only.includes(name)) continue;
    try {
      const [file, ...args] = await command();
      const workers: Worker[] = [];
      while (workers.length < processes) {
        workers.push(await worker(name, running.use(startChild(file, args))));
      }
      subjects.push({ name, workers });
    } catch (error) {
      if (isOurs(name)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${name} is left out: ${why}\n`);
    }
  }
  return subjects;
}

/** Whether what fails is a fault of this bench, and nothing that a peer has to answer for. */
export function isOurs(name: string): boolean {
  return name === US || LIMITS.includes(name);
}

/** Whether it has a part in a case: the limits know no watches, and bare promises are not sent together. */
export function takesPart(
  name: string,
  { operation, inFlight }: Pick<RoundRequest, 'operation' | 'inFlight'>,
): boolean {
  if (operation === 'watch' || operation === 'fan-out') return !LIMITS.includes(name);
  return name !== CLIENT_LIMIT || inFlight === 1;
}

async function worker(name: string, child: Child): Promise<Worker> {
  const { stdout } = child.process;
  if (stdout === null) throw new Error(`${name} has no stdout`);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  /** The next line that is for us: some peers log to stdout. */
  const line = async (isAwaited: (text: string) => boolean, ms = 0): Promise<string> => {
    const patience = setTimeout(() => child.kill(), PATIENCE_MS + ms);
    try {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`${name} ended early:\n${child.output()}`);
        if (isAwaited(value)) return value;
      }
    } finally {
      clearTimeout(patience);
    }
  };
  await line((text) => text === 'ready');
  return {
    async round(request) {
      child.writeLine(requestLine(request));
      const answer = await line((text) => text.startsWith('{'), request.ms);
      return JSON.parse(answer) as RoundResult;
    },
  };
}
