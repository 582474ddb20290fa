import { EventEmitter } from 'node:events';
import type { ReadyMessage } from '@mpim/service-kit';
import { CommandError } from '../command-error.ts';
import { tailOfLog } from './log-files.ts';
import { type ChildSpec, type Death, SupervisedChild } from './supervised-child.ts';

/** Starts that may fail in a row before the whole start is called off. */
const START_ATTEMPTS = 4;

/** What {@link Supervisor} takes. */
export interface SupervisorOptions {
  /** Started in this order: the members of a stage together, each stage once the one before is ready. */
  readonly stages: readonly (readonly ChildSpec[])[];
  /** Names in the order in which they are ended, and how long each may take, in ms. */
  readonly drain: readonly { readonly name: string; readonly limitMs: number }[];
  /** How long the whole start may take, in ms. */
  readonly startTimeoutMs?: number;
  /** Called with what a child announces, before anything that waits for it goes on. */
  readonly onReady?: (name: string, message: ReadyMessage) => void;
}

/** Keeps a set of child processes running, and ends them in order. */
export class Supervisor extends EventEmitter<{
  /** A child that was ready died; it is started again. */
  died: [child: SupervisedChild, death: Death];
  /** A child that had died serves again, `afterMs` after its death. */
  back: [child: SupervisedChild, afterMs: number];
  /** Any process began or ended. */
  pids: [readonly number[]];
}> {
  readonly children: readonly SupervisedChild[];
  readonly #stages: readonly (readonly SupervisedChild[])[];
  readonly #options: SupervisorOptions;
  readonly #diedAt = new Map<SupervisedChild, number>();
  /** Those that have been ready once; before that, dying is the business of {@link start}. */
  readonly #started = new Set<SupervisedChild>();
  #stopping: Promise<string[]> | undefined;

  constructor(options: SupervisorOptions) {
    super();
    this.#options = options;
    this.#stages = options.stages.map((stage) => stage.map((spec) => new SupervisedChild(spec)));
    this.children = this.#stages.flat();
    for (const child of this.children) {
      child.on('died', (death) => this.#onDied(child, death));
      child.on('ready', (message) => this.#onReady(child, message));
    }
  }

  /** The processes that run now. */
  get pids(): number[] {
    return this.children.flatMap((child) => child.pid ?? []);
  }

  /**
   * Starts everything and resolves when all are ready. Throws CommandError `START_FAILED`, with the end of its log,
   * for a child that does not come up; whatever was started is left to {@link stop}.
   */
  async start(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#options.startTimeoutMs ?? 60_000);
    for (const stage of this.#stages) {
      await Promise.all(
        stage.map((child) => {
          const ready = firstReady(child, deadline);
          child.start();
          this.emit('pids', this.pids);
          return ready;
        }),
      );
    }
  }

  /** Ends all children in order, each within its limit. Resolves with the names of those that had to be killed. */
  stop(): Promise<string[]> {
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  /** Ends all children at once. */
  kill(): void {
    for (const child of this.children) child.kill();
  }

  async #drain(): Promise<string[]> {
    const killed: string[] = [];
    for (const { name, limitMs } of this.#options.drain) {
      const child = this.children.find((candidate) => candidate.name === name);
      if (child && (await child.stop(limitMs)) === 'killed') killed.push(name);
    }
    return killed;
  }

  #onDied(child: SupervisedChild, death: Death): void {
    if (this.#stopping) return;
    this.emit('pids', this.pids);
    if (!this.#started.has(child)) return;
    if (!this.#diedAt.has(child)) this.#diedAt.set(child, performance.now());
    this.emit('died', child, death);
  }

  #onReady(child: SupervisedChild, message: ReadyMessage): void {
    this.#options.onReady?.(child.name, message);
    this.#started.add(child);
    this.emit('pids', this.pids);
    const diedAt = this.#diedAt.get(child);
    if (diedAt === undefined) return;
    this.#diedAt.delete(child);
    this.emit('back', child, performance.now() - diedAt);
  }
}

function firstReady(child: SupervisedChild, deadline: AbortSignal): Promise<ReadyMessage> {
  return new Promise((resolve, reject) => {
    let failures = 0;
    const settle = () => {
      child.off('ready', onReady);
      child.off('died', onDied);
      deadline.removeEventListener('abort', onTimeout);
    };
    const fail = (reason: string) => {
      settle();
      const tail = tailOfLog(child.logFile);
      reject(
        new CommandError(
          'START_FAILED',
          `${child.name} ${reason}. Its log, ${child.logFile}${tail ? `, ends:\n${tail}` : ' is empty.'}`,
        ),
      );
    };
    const onReady = (message: ReadyMessage) => {
      settle();
      resolve(message);
    };
    const onDied = (death: Death) => {
      failures += 1;
      if (failures >= START_ATTEMPTS) fail(`did not start in ${failures} attempts: ${death.how}`);
    };
    const onTimeout = () => fail('was not ready in time');
    child.on('ready', onReady);
    child.on('died', onDied);
    deadline.addEventListener('abort', onTimeout, { once: true });
  });
}
