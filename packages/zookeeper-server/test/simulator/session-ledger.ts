/** An ephemeral node whose creation was acknowledged. */
interface Ephemeral {
  readonly path: string;
  readonly sessionId: bigint;
  readonly createdAt: number;
  /** When its owner began to delete it; nothing can be told of it from then on. */
  releasedAt: number;
}

/**
 * What everybody has learned of sessions and ephemeral nodes, and what must follow from it: a node is there as long
 * as its session lives; a session whose node is gone, or that was refused, is dead for ever; the nodes of a dead
 * session are gone.
 */
export class SessionLedger {
  readonly violations: string[] = [];
  readonly #ephemerals = new Map<string, Ephemeral>();
  /** When it was first certain, and why. */
  readonly #dead = new Map<bigint, { at: number; why: string }>();
  /** Who was given which session. */
  readonly #owners = new Map<bigint, string>();
  /** Sessions that their own client closes: nothing can be told of their nodes. */
  readonly #closing = new Set<bigint>();

  /** A node was made; the call was made and answered at these times. */
  created(path: string, sessionId: bigint, createdAt: number): void {
    this.#ephemerals.set(path, { path, sessionId, createdAt, releasedAt: Infinity });
  }

  /** Its owner is about to delete it. */
  releasing(path: string, at: number): void {
    const ephemeral = this.#ephemerals.get(path);
    if (ephemeral !== undefined) ephemeral.releasedAt = Math.min(ephemeral.releasedAt, at);
  }

  /** The server has let a client have a session; `before` is the one that the client had, if any. */
  given(sessionId: bigint, client: string, before: bigint, at: number): void {
    const owner = this.#owners.get(sessionId);
    this.#owners.set(sessionId, client);
    if (owner === undefined || (owner === client && before === sessionId)) return;
    this.violations.push(
      `session ${sessionId} of ${owner} was given out again at ${at} ms, to ${client}`,
    );
  }

  closing(sessionId: bigint): void {
    this.#closing.add(sessionId);
  }

  /** The server has told a client that its session is gone. */
  refused(sessionId: bigint, at: number): void {
    this.#isDead(sessionId, at, 'the server refused it');
  }

  /** A call in this session was answered, other than by the news of its end. */
  served(sessionId: bigint, call: { from: number; what: string }): void {
    const death = this.#dead.get(sessionId);
    if (death === undefined || call.from <= death.at) return;
    this.violations.push(
      `session ${sessionId} was dead at ${death.at} ms (${death.why}), but ${call.what} at ${call.from} ms was served`,
    );
  }

  /** Somebody has read which ephemeral nodes there are, in a call made and answered at these times. */
  listed(paths: ReadonlySet<string>, call: { from: number; to: number }): void {
    for (const { path, sessionId, createdAt, releasedAt } of this.#ephemerals.values()) {
      if (paths.has(path)) {
        const death = this.#dead.get(sessionId);
        if (death === undefined || call.from <= death.at) continue;
        this.violations.push(
          `${path} of session ${sessionId}, dead at ${death.at} ms (${death.why}), was still there at ${call.from} ms`,
        );
      } else if (createdAt < call.from && releasedAt > call.to) {
        this.#isDead(sessionId, call.to, `${path} was gone`);
      }
    }
  }

  #isDead(sessionId: bigint, at: number, why: string): void {
    if (this.#dead.has(sessionId) || this.#closing.has(sessionId)) return;
    this.#dead.set(sessionId, { at, why });
  }
}
