import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadyMessage } from '@mpim/service-kit';
import { BackOff, type BackOffOptions } from './back-off.ts';

const READY_TIMEOUT_MS = 60_000;

/** How to run one child. */
export interface ChildSpec {
  /** What people call it: `user`, `zookeeper`. */
  readonly name: string;
  readonly command: string;
  /** Asked before every start; `previous` is what the last incarnation announced, so that ports can be kept. */
  readonly args: (previous: ReadyMessage | undefined) => readonly string[];
  /** Its stdout and stderr are appended here. */
  readonly logFile: string;
  readonly backOff?: BackOffOptions;
  /** One that has not announced itself after this long is killed and started again, ms. Default 60,000. */
  readonly readyTimeoutMs?: number;
}

/** Where a child stands. Changed in one place, {@link SupervisedChild}. */
export type ChildState =
  | { readonly kind: 'idle' }
  /** Running, not yet serving. */
  | { readonly kind: 'starting'; readonly pid: number }
  /** Serving; `since` is a `performance.now()`. */
  | {
      readonly kind: 'ready';
      readonly pid: number;
      readonly ready: ReadyMessage;
      readonly since: number;
    }
  /** Died; started again when the back-off is over. */
  | { readonly kind: 'backing-off'; readonly restartInMs: number }
  /** Told to end. */
  | { readonly kind: 'stopping'; readonly pid: number }
  /** Ended on request; nothing more happens. */
  | { readonly kind: 'stopped' };

/** How a child ended on its own. */
export interface Death {
  readonly pid: number | undefined;
  /** `exit code 1`, `signal SIGKILL`, or why it could not be started. */
  readonly how: string;
  readonly restartInMs: number;
}

/**
 * One child process that is kept running: started again, with back-off, whenever it ends without being told to.
 * It announces itself over its IPC channel with a {@link ReadyMessage}.
 */
export class SupervisedChild extends EventEmitter<{ ready: [ReadyMessage]; died: [Death] }> {
  readonly name: string;
  readonly logFile: string;
  readonly #spec: ChildSpec;
  readonly #backOff: BackOff;
  #state: ChildState = { kind: 'idle' };
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #announced: ReadyMessage | undefined;
  #gone: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec) {
    super();
    this.name = spec.name;
    this.logFile = spec.logFile;
    this.#spec = spec;
    this.#backOff = new BackOff(spec.backOff);
  }

  get state(): ChildState {
    return this.#state;
  }

  /** The process that runs now, if one does. */
  get pid(): number | undefined {
    return 'pid' in this.#state ? this.#state.pid : undefined;
  }

  /** Starts it; does nothing unless it is idle. */
  start(): void {
    if (this.#state.kind === 'idle') this.#spawn();
  }

  /**
   * Ends it: SIGTERM, and SIGKILL when it has not gone after `limitMs`. Resolves with how it went.
   * It is not started again.
   */
  async stop(limitMs: number): Promise<'ended' | 'killed' | 'was not running'> {
    clearTimeout(this.#restart);
    const pid = this.pid;
    if (pid === undefined) {
      this.#state = { kind: 'stopped' };
      return 'was not running';
    }
    this.#state = { kind: 'stopping', pid };
    this.#process?.kill('SIGTERM');
    const timer = new AbortController();
    const ended = await Promise.race([
      this.#gone.then(() => true),
      delay(limitMs, false, { signal: timer.signal }),
    ]);
    timer.abort();
    if (ended) return 'ended';
    this.kill();
    await this.#gone;
    return 'killed';
  }

  /** Ends it at once and for good. */
  kill(): void {
    clearTimeout(this.#restart);
    const pid = this.pid;
    this.#state = pid === undefined ? { kind: 'stopped' } : { kind: 'stopping', pid };
    this.#process?.kill('SIGKILL');
  }

  #spawn(): void {
    const log = openSync(this.logFile, 'a', 0o600);
    const child = spawn(this.#spec.command, this.#spec.args(this.#announced), {
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#process = child;
    if (child.pid !== undefined) this.#state = { kind: 'starting', pid: child.pid };
    const patience = setTimeout(() => {
      if (this.#process === child && this.#state.kind === 'starting') child.kill('SIGKILL');
    }, this.#spec.readyTimeoutMs ?? READY_TIMEOUT_MS);
    child.on('message', (message) => this.#onMessage(child, message));
    this.#gone = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.#process !== child) return;
        this.#process = undefined;
        clearTimeout(patience);
        this.#onEnd(child.pid, how);
        resolve();
      };
      child.once('error', (cause) => {
        // Also emitted when a signal or message cannot be delivered; only a failed start has no pid.
        if (child.pid === undefined) end(`could not be started: ${cause.message}`);
      });
      child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`));
    });
  }

  #onMessage(child: ChildProcess, message: unknown): void {
    if (this.#process !== child || this.#state.kind !== 'starting' || !isReady(message)) return;
    this.#announced = message;
    this.#state = { kind: 'ready', pid: this.#state.pid, ready: message, since: performance.now() };
    this.emit('ready', message);
  }

  #onEnd(pid: number | undefined, how: string): void {
    if (this.#state.kind === 'stopping') {
      this.#state = { kind: 'stopped' };
      return;
    }
    const healthyMs = this.#state.kind === 'ready' ? performance.now() - this.#state.since : 0;
    const restartInMs = this.#backOff.next(healthyMs);
    this.#state = { kind: 'backing-off', restartInMs };
    this.#restart = setTimeout(() => this.#spawn(), restartInMs);
    this.emit('died', { pid, how, restartInMs });
  }
}

function isReady(message: unknown): message is ReadyMessage {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
  );
}
