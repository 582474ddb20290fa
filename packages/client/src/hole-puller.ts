import type { HistoryPage } from '@mpim/protocol';
import { backoffMs, pause } from './backoff.ts';
import { MpimError, toMpimError } from './errors.ts';
import type { Timeline } from './timeline.ts';
import type { Timing } from './types.ts';

/** Attempts without progress before a hole is reported. */
const MAX_ATTEMPTS = 5;
/** Holes pulled at once after a sync. */
const PARALLEL = 4;

/** What the puller needs of its owner. */
export interface HolePullerOwner {
  /** One page of messages behind `afterSeq`. */
  pull(conversationId: string, afterSeq: number): Promise<HistoryPage>;
  /** A page was put into the timeline. */
  pulled(timeline: Timeline): void;
  /** The hole stays for now; a sync in `retryInMs` tries again. */
  gaveUp(error: MpimError, retryInMs: number): void;
}

/** Closes holes of timelines by History; one pull at a time per conversation. */
export class HolePuller {
  readonly #timing: Timing;
  readonly #owner: HolePullerOwner;
  readonly #filling = new Map<Timeline, Promise<void>>();
  readonly #failures = new WeakMap<Timeline, number>();

  constructor(timing: Timing, owner: HolePullerOwner) {
    this.#timing = timing;
    this.#owner = owner;
  }

  /** Pulls until the hole is closed, it proves stubborn, or `ended` aborts. Never rejects. */
  fill(timeline: Timeline, ended: AbortSignal, delayMs: number): Promise<void> {
    const running = this.#filling.get(timeline);
    if (running !== undefined) return running;
    const filling = this.#fill(timeline, ended, delayMs).finally(() => {
      this.#filling.delete(timeline);
    });
    this.#filling.set(timeline, filling);
    return filling;
  }

  /** Fills many, a few at a time. */
  async fillAll(timelines: readonly Timeline[], ended: AbortSignal): Promise<void> {
    const waiting = [...timelines];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await this.fill(next, ended, 0);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }

  async #fill(timeline: Timeline, ended: AbortSignal, delayMs: number): Promise<void> {
    if (delayMs > 0) await pause(delayMs, ended);
    const { attemptTimeoutMs, random } = this.#timing;
    const began = Date.now();
    let attempts = 0;
    let last: MpimError | undefined;
    while (timeline.hole && !ended.aborted) {
      const before = timeline.watermark;
      try {
        const page = await this.#owner.pull(timeline.conversationId, before);
        for (const message of page.messages) {
          if (message.conversationId === timeline.conversationId) timeline.offer(message);
        }
        this.#owner.pulled(timeline);
      } catch (thrown) {
        last = toMpimError(thrown);
      }
      if (ended.aborted) return;
      if (timeline.watermark > before) {
        attempts = 0;
        continue;
      }
      attempts += 1;
      const refused = last !== undefined && !last.retryable;
      if (refused || attempts >= MAX_ATTEMPTS || Date.now() - began > 2 * attemptTimeoutMs) {
        this.#giveUp(timeline, last);
        return;
      }
      await pause(Math.max(last?.retryAfterMs ?? 0, backoffMs(attempts, 100, 2000, random)), ended);
    }
    if (!timeline.hole) this.#failures.delete(timeline);
  }

  #giveUp(timeline: Timeline, cause: MpimError | undefined): void {
    const failures = this.#failures.get(timeline) ?? 0;
    this.#failures.set(timeline, failures + 1);
    const { conversationId, watermark, head } = timeline;
    const { syncIntervalMs, random } = this.#timing;
    this.#owner.gaveUp(
      new MpimError(
        'HOLE',
        `${conversationId}: the messages after ${watermark} cannot be fetched although ${head} exists; syncing again`,
        { retryable: true, conversationId, cause },
      ),
      backoffMs(failures, Math.min(1000, syncIntervalMs), syncIntervalMs, random),
    );
  }
}
