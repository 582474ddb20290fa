import {
  FrameDecoder,
  JuteReader,
  JuteWriter,
  Permission,
  ProtocolError,
} from '@mpim/zookeeper/protocol';
import { isAllowed } from '../acl/check-acl.ts';
import type { Identity } from '../acl/identity.ts';
import { plainAddress } from '../acl/ip-scheme.ts';
import { certifiedIdentities } from '../acl/x509-scheme.ts';
import { answerFourLetterWord } from '../four-letter-words/answer.ts';
import { hex, type ServerCore } from '../server-core.ts';
import type { Session, SessionHolder } from '../session/session-tracker.ts';
import type { ServerSocket } from '../transport.ts';
import type { WatchedEvent, Watcher } from '../watch/watched-event.ts';
import { ConnectionStats } from './connection-stats.ts';
import { handshake } from './handshake.ts';
import type { OutputSource } from './output-scheduler.ts';
import { RequestDispatcher } from './request-dispatcher.ts';

/** Where a connection is in its life. It only ever moves downwards in this list. */
export type ConnectionState =
  /** Nothing but a connect request or a four-letter word is understood. */
  | { readonly kind: 'connecting' }
  /** Speaks for a session. */
  | { readonly kind: 'open'; readonly session: Session }
  /** Takes no more input; closes once its output is out. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'closed' };

const CONNECTING: ConnectionState = { kind: 'connecting' };
const DRAINING: ConnectionState = { kind: 'draining' };
const CLOSED: ConnectionState = { kind: 'closed' };

/** How long a connection may take to open a session, or to take its last bytes (ZooKeeper: `sessionlessCnxnTimeout`). */
const PATIENCE_MS = 10_000;
const HEADER_BYTES = 8;
/** A peer that does not read gets no more requests answered while this much waits for it. */
const MAX_PENDING_OUTPUT_BYTES = 4 * 1024 * 1024;
/**
 * Notifications cannot be held back like answers, so a peer that leaves this much unread is cut off. Its session
 * lives on, and it learns what it has missed when it sets its watches again.
 */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;

/** One client's connection: frames in, replies and notifications out, both in order. */
export class Connection implements SessionHolder, OutputSource, Watcher {
  /** The peer's address, without the IPv6 clothes of an IPv4 one. */
  readonly address: string;
  readonly port: number;
  readonly stats: ConnectionStats;
  /** Who the peer has shown to be. */
  identities: readonly Identity[];
  readonly #core: ServerCore;
  readonly #socket: ServerSocket;
  readonly #decoder = new FrameDecoder();
  readonly #output = new JuteWriter();
  readonly #dispatcher: RequestDispatcher;
  #state: ConnectionState = CONNECTING;
  /** Taken for sending, but not sent before the log says so. */
  #heldBytes = 0;

  constructor(core: ServerCore, socket: ServerSocket) {
    this.#core = core;
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.port = socket.remotePort ?? 0;
    this.identities = [{ scheme: 'ip', id: this.address }, ...certifiedIdentities(socket)];
    this.stats = new ConnectionStats(core.settings.clock.now());
    this.#dispatcher = new RequestDispatcher(core, this, this.#output);
    core.connections.add(this);
    core.impatience.update(this, PATIENCE_MS, core.now());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#pump());
    socket.on('end', () => this.#drain());
    // 'close' follows every error; the peer's faults are not ours to report.
    socket.on('error', () => {});
    socket.on('close', () => this.#close('closed by the peer'));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The session it speaks for, if any. */
  get session(): Session | null {
    return this.#state.kind === 'open' ? this.#state.session : null;
  }

  /** Closes at once; what was not sent is lost. The session, if it lives on, may be taken up elsewhere. */
  release(reason: string): void {
    this.#close(reason);
    this.#socket.destroy();
  }

  /** Takes up the input that has waited while the server was paused. */
  proceed(): void {
    this.#pump();
  }

  /** Queues a notification, unless the peer may not read the node it is about. */
  notify(event: WatchedEvent): void {
    if (this.#state.kind !== 'open') return;
    if (event.acl !== null && !isAllowed(event.acl, Permission.read, this.identities)) return;
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      // Not at once: the watches are being gone through.
      this.#core.settings.clock.defer(() => this.#tooSlow());
      return;
    }
    this.#output.raw(event.frame);
    this.#core.stats.sent++;
    this.stats.traffic.sent++;
    this.#core.output.schedule(this);
  }

  takeOutput(): Buffer {
    const output = this.#output.take();
    this.#heldBytes += output.length;
    return output;
  }

  send(output: Buffer): void {
    this.#heldBytes -= output.length;
    if (this.#state.kind === 'closed') return;
    if (output.length > 0) this.#socket.write(output);
    if (this.#state.kind === 'draining' && this.#output.length === 0) this.#socket.destroySoon();
    else this.#pump();
  }

  #receive(chunk: Buffer): void {
    if (this.#state.kind === 'draining' || this.#state.kind === 'closed') return;
    this.#decoder.push(chunk);
    this.#pump();
  }

  /** Handles all whole frames, as long as the peer takes the answers. */
  #pump(): void {
    try {
      while (this.#state.kind === 'connecting' || this.#state.kind === 'open') {
        if (this.#mustWait()) return;
        const frame = this.#decoder.next();
        if (frame === null) break;
        if (this.#state.kind === 'open') this.#request(frame, this.#state.session);
        else this.#connect(frame);
      }
      if (this.#socket.isPaused()) this.#socket.resume();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
    }
  }

  /** Whether input is to wait: for the peer to read, or for the server to go on. */
  #mustWait(): boolean {
    const pending = this.#output.length + this.#heldBytes + this.#socket.writableLength;
    if (pending < MAX_PENDING_OUTPUT_BYTES && !this.#core.isPaused) return false;
    this.#socket.pause();
    return true;
  }

  #connect(frame: Buffer): void {
    this.#received();
    const outcome = handshake(this.#core, frame, this, this.#output);
    if (outcome.kind === 'client-ahead') {
      const facts = { address: this.address, lastZxid: hex(this.#core.tree.lastZxid) };
      this.#core.settings.logger.warn(facts, 'refused a client that has seen a later zxid');
      this.release('client ahead');
      return;
    }
    if (outcome.kind === 'no-room') {
      this.release('no room on the disk for a session');
      return;
    }
    this.#core.output.schedule(this);
    if (outcome.kind === 'refused') {
      this.#drain();
      return;
    }
    this.#state = { kind: 'open', session: outcome.session };
    this.#core.impatience.remove(this);
    this.stats.established(outcome.session.timeoutMs);
  }

  #request(frame: Buffer, session: Session): void {
    if (frame.length < HEADER_BYTES) {
      this.release('a frame shorter than a request header');
      return;
    }
    this.#received();
    this.#core.sessions.touch(session, this.#core.now());
    const input = new JuteReader(frame);
    const xid = input.int();
    const op = input.int();
    const next = this.#dispatcher.dispatch({ xid, op, input, session });
    this.#core.output.schedule(this);
    if (next === 'close') this.#drain();
  }

  #received(): void {
    this.#core.stats.received++;
    this.stats.traffic.received++;
  }

  /** The stream cannot be read on: a four-letter word, or garbage. */
  #refuse(error: ProtocolError): void {
    const answer =
      this.#state.kind === 'connecting' && error.code === 'FRAME_LENGTH'
        ? answerFourLetterWord(this.#core, this, error.length ?? 0)
        : null;
    if (answer === null) {
      this.#core.settings.logger.warn({ address: this.address, error: error.message }, 'bad frame');
      this.release('bad frame');
      return;
    }
    this.#drain();
    // One write: clients read the answer of envi with a single recv.
    this.#socket.end(answer);
  }

  #tooSlow(): void {
    if (this.#state.kind === 'closed') return;
    const facts = { address: this.address, port: this.port };
    this.#core.settings.logger.warn(facts, 'cut off a client that does not read its notifications');
    this.release('notifications unread');
  }

  /** Takes no more input and closes once what was written is out. */
  #drain(): void {
    if (this.#state.kind === 'draining' || this.#state.kind === 'closed') return;
    this.#detach();
    this.#state = DRAINING;
    this.#core.impatience.update(this, PATIENCE_MS, this.#core.now());
    this.#core.output.schedule(this);
  }

  #close(reason: string): void {
    if (this.#state.kind === 'closed') return;
    const facts = { address: this.address, port: this.port, reason };
    this.#core.settings.logger.debug(facts, 'connection closed');
    this.#detach();
    this.#state = CLOSED;
    this.#core.impatience.remove(this);
    this.#core.connections.remove(this);
  }

  #detach(): void {
    this.#core.watches.removeWatcher(this);
    const { session } = this;
    if (session?.holder === this) session.holder = null;
  }
}
