import type { MpimClient } from '@mpim/client';

/** How long marks are gathered before they are sent, in ms. */
const GATHER_MS = 150;

/** Marks what was shown as read, a little later and once per conversation; marks that fail are tried again. */
export class ReadMarker {
  readonly #client: Pick<MpimClient, 'markRead'>;
  readonly #due = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(client: Pick<MpimClient, 'markRead'>) {
    this.#client = client;
  }

  /** Everything up to `seq` was shown. */
  note(conversationId: string, seq: number): void {
    if ((this.#due.get(conversationId) ?? 0) >= seq) return;
    this.#due.set(conversationId, seq);
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Sends what is due now; never fails. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One round at a time: a later mark must not be overtaken by an earlier one that failed.
    await this.#flushing;
    this.#flushing = this.#send();
    await this.#flushing;
  }

  async #send(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    await Promise.all(
      due.map(async ([conversationId, seq]) => {
        try {
          await this.#client.markRead(conversationId, seq);
        } catch (error) {
          const mayWorkLater = error instanceof Error && 'retryable' in error && error.retryable;
          if (mayWorkLater) this.note(conversationId, seq);
        }
      }),
    );
  }

  /** Forgets what is due: no timer stays behind. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
  }
}
