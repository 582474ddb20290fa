import { FrameDecoder, ProtocolError } from '@mpim/zookeeper/protocol';
import type { ServerCore } from '../server-core.ts';
import type { ServerSocket } from '../transport.ts';
import type { Waiting } from './waiting-line.ts';

/** Who takes the frames of one connection. */
export interface FrameTaker extends Waiting {
  readonly address: string;
  readonly port: number;
  /** Whether it understands frames, now. */
  readonly takesFrames: boolean;
  /** Whether it speaks for a session: all before that has short answers, or is asked by an operator. */
  readonly isOpen: boolean;
  /** Requests handled whose answers are not out yet. */
  readonly outstanding: number;
  /** Bytes that were written for the peer and that it has not taken. */
  readonly pendingBytes: number;
  /** Handles a frame; `now` is monotonic ms. Throws `ProtocolError` for one that cannot be read. */
  take(frame: Buffer, now: number): void;
  /** The stream cannot be read on. */
  refuse(error: ProtocolError): void;
}

/** A peer that does not read gets no more requests answered while this much waits for it. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** After so long it is the other clients' turn. */
const TURN_MS = 10;
/** How often the clock is asked for that: asking it each time would be 3 % of what a small read takes. */
const FRAMES_PER_LOOK = 4;

/**
 * Cuts what comes over a connection into frames and has them handled: as long as the peer takes the answers, the server
 * has not too much to do, and others have not waited too long.
 */
export class FrameIntake {
  readonly #core: ServerCore;
  readonly #socket: ServerSocket;
  readonly #taker: FrameTaker;
  readonly #decoder: FrameDecoder;
  /** Of the last time that input had to wait: whether the peer had taken what it was sent. */
  #isNotItsFault = false;
  /** Whether the others have their turn. */
  #isYielding = false;

  constructor(core: ServerCore, socket: ServerSocket, taker: FrameTaker) {
    this.#core = core;
    this.#socket = socket;
    this.#taker = taker;
    this.#decoder = new FrameDecoder(core.settings.maxFrameBytes);
  }

  /** Whether the peer is not read from for a reason that is not its own. */
  get isHeldUp(): boolean {
    return this.#isNotItsFault && this.#socket.isPaused();
  }

  /** Takes what has come; the chunk's memory may be used again afterwards. */
  receive(chunk: Buffer): void {
    this.#decoder.push(chunk);
    this.proceed();
    this.#decoder.keep();
  }

  /** Has all whole frames handled, or as many as may be now; goes on by itself where only time stops it. */
  proceed(): void {
    if (this.#isYielding) return;
    let now = 0;
    let handled = 0;
    try {
      while (this.#taker.takesFrames) {
        if (this.#mustWait()) return;
        const frame = this.#decoder.next();
        if (frame === null) break;
        // What is taken up together has come together: the clock is not asked for each request.
        if (handled === 0) now = this.#core.now();
        this.#taker.take(frame, now);
        if (++handled % FRAMES_PER_LOOK === 0 && this.#core.now() - now > TURN_MS) {
          this.#yield();
          return;
        }
      }
      if (this.#socket.isPaused()) this.#socket.resume();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#taker.refuse(error);
    }
  }

  /** Lets the other connections and what is due come first. */
  #yield(): void {
    this.#isYielding = true;
    this.#socket.pause();
    this.#core.settings.clock.defer(() => {
      this.#isYielding = false;
      this.proceed();
    });
  }

  /** Whether input is to wait: for the peer to read, for the server to go on, or to have less to do or to send. */
  #mustWait(): boolean {
    const { load, budget, isPaused, metrics, settings } = this.#core;
    const { address, port, pendingBytes, outstanding, isOpen } = this.#taker;
    const isBusy = outstanding > 0 && load.isHigh;
    const isFull = isOpen && budget.isFull;
    if (pendingBytes < MAX_PENDING_BYTES && !isPaused && !isBusy && !isFull) return false;
    if (isBusy) load.wait(this.#taker);
    if (isFull) budget.wait(this.#taker);
    this.#isNotItsFault = this.#socket.writableLength < MAX_PENDING_BYTES;
    if (!this.#socket.isPaused()) {
      metrics.readsSuspended++;
      const facts = { address, port, isBusy, isFull, pendingBytes };
      settings.logger.debug(facts, 'reading from a client is suspended');
    }
    this.#socket.pause();
    return true;
  }
}
