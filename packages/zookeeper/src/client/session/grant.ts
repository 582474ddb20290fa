import type { ConnectRequest, ConnectResponse } from '../../protocol/index.ts';

/** What it takes to come back to a session from another process or a later client. */
export interface SessionCredentials {
  /** As `sessionId` has it. */
  readonly id: bigint;
  /** 16 bytes of the servers' making. A secret: who has them can be this session. */
  readonly password: Uint8Array;
}

const NO_SESSION: SessionCredentials = Object.freeze({ id: 0n, password: Buffer.alloc(16) });

/**
 * What is asked of a server: the session, and to take writes; the session, be it read-only; or a session of its own
 * beside the one that others know.
 */
export type Wanted = 'read-write' | 'read-only-will-do' | 'local';

/** The session as servers have granted it, and what the next one is shown to take it up. */
export class Grant {
  /** Of the current or the last session; 0 before the first. */
  id = 0n;
  /** Of the session to take up; of none once it is gone. */
  credentials: SessionCredentials;
  /** Ms; asked for until a server has granted another. */
  timeoutMs: number;
  /** The latest state of the tree that was seen: a server behind it is refused by itself. */
  lastZxid = 0n;
  readonly #askedTimeoutMs: number;

  constructor(askedTimeoutMs: number, credentials: SessionCredentials | undefined) {
    this.#askedTimeoutMs = askedTimeoutMs;
    this.timeoutMs = askedTimeoutMs;
    this.credentials = credentials ?? NO_SESSION;
  }

  /** Whether there is one to lose. Who has only seen read-only servers has none. */
  get isHeld(): boolean {
    return this.credentials.id !== 0n;
  }

  /** The question for it. */
  request(wanted: Wanted): ConnectRequest {
    const { id, password } = wanted === 'local' ? NO_SESSION : this.credentials;
    return {
      protocolVersion: 0,
      lastZxidSeen: this.lastZxid,
      timeoutMs: this.#askedTimeoutMs,
      sessionId: id,
      password: Buffer.from(password),
      readOnly: wanted !== 'read-write',
    };
  }

  /** A server that takes writes has granted it, or another one. */
  take({ sessionId, password, timeoutMs }: ConnectResponse): void {
    this.id = sessionId;
    this.credentials = { id: sessionId, password: Buffer.from(password ?? NO_SESSION.password) };
    this.timeoutMs = timeoutMs;
  }

  /** It is gone. */
  lose(): void {
    this.credentials = NO_SESSION;
    // Another server, or a restarted one, may be behind what the lost session saw.
    this.lastZxid = 0n;
  }
}
