import {
  ErrorCode,
  JuteReader,
  JuteWriter,
  Permission,
  type ProtocolError,
} from '@mpim/zookeeper/protocol';
import { isAllowed } from '../acl/check-acl.ts';
import { type Identity, SUPER_IDENTITY } from '../acl/identity.ts';
import { plainAddress } from '../acl/ip-scheme.ts';
import { certifiedIdentities, isSecured } from '../acl/x509-scheme.ts';
import { answerFourLetterWord } from '../four-letter-words/answer.ts';
import type { Asker } from '../four-letter-words/report-context.ts';
import { hex } from '../hex.ts';
import type { ServerCore } from '../server-core.ts';
import type { Session } from '../session/session-tracker.ts';
import type { ServerSocket } from '../transport.ts';
import type { WatchedEvent } from '../watch/watched-event.ts';
import { badFrame } from './bad-frame.ts';
import { ConnectionStats } from './connection-stats.ts';
import { FrameIntake, type FrameTaker } from './frame-intake.ts';
import { handshake } from './handshake.ts';
import type { ConnectionState, OpenConnection } from './open-connection.ts';
import type { OutputHolder } from './output-budget.ts';
import type { Output, OutputSource } from './output-scheduler.ts';
import type { Request } from './request.ts';
import { RequestDispatcher } from './request-dispatcher.ts';
import { RequestLedger } from './request-ledger.ts';
import type { Throttled } from './request-throttle.ts';

const CONNECTING: ConnectionState = { kind: 'connecting' };
const DRAINING: ConnectionState = { kind: 'draining' };
const CLOSED: ConnectionState = { kind: 'closed' };

const HEADER_BYTES = 8;
const WORD_BYTES = 4;
const NOTHING = Buffer.alloc(0);
/** The memory of output from this size on is used again. */
const LARGE_OUTPUT_BYTES = 256 * 1024;
/**
 * Notifications cannot be held back like answers, so a peer that leaves this much unread is cut off. Its session
 * lives on, and it learns what it has missed when it sets its watches again.
 */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;

/** One client's connection: frames in, replies and notifications out, both in order. */
export class Connection
  implements OpenConnection, FrameTaker, OutputSource, OutputHolder, Throttled
{
  /** The peer's address, without the IPv6 clothes of an IPv4 one. */
  readonly address: string;
  readonly port: number;
  readonly stats: ConnectionStats;
  caughtUpAt = 0;
  isScheduled = false;
  /** Who the peer has shown to be. */
  identities: readonly Identity[];
  readonly #core: ServerCore;
  readonly #socket: ServerSocket;
  readonly #intake: FrameIntake;
  /** One for all frames; what must wait gets a reader of its own. */
  readonly #input = new JuteReader(NOTHING);
  readonly #output = new JuteWriter();
  readonly #dispatcher: RequestDispatcher;
  readonly #ledger: RequestLedger;
  #state: ConnectionState = CONNECTING;
  /** Kept until there is a session, for what follows a four-letter word. */
  #lastChunk: Buffer = NOTHING;
  /** Taken for sending, but not sent before the log says so. */
  #heldBytes = 0;
  /** Whether the answer to the connect request is not out yet. */
  #isGreeting = false;
  /** Written since output was last taken, as far as the budget knows of it. */
  #budgetedBytes = 0;

  constructor(core: ServerCore, socket: ServerSocket) {
    this.#core = core;
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.port = socket.remotePort ?? 0;
    const { skipAcl, superCertificate, handshakeTimeoutMs } = core.settings;
    this.identities = [
      { scheme: 'ip', id: this.address },
      ...certifiedIdentities(socket, superCertificate),
      ...(skipAcl ? [SUPER_IDENTITY] : []),
    ];
    this.#intake = new FrameIntake(core, socket, this);
    this.stats = new ConnectionStats(core.settings.clock.now());
    this.#dispatcher = new RequestDispatcher(core, this, this.#output);
    this.#ledger = new RequestLedger(core, this.stats);
    core.connections.add(this);
    core.impatience.update(this, handshakeTimeoutMs, core.now());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#drained());
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

  /** Requests handled whose answers are not out yet. */
  get outstanding(): number {
    return this.#ledger.outstanding;
  }

  /** Whether it came through a door for TLS. */
  get isSecure(): boolean {
    return isSecured(this.#socket);
  }

  /** Whether the peer has shown a client certificate. */
  get isCertified(): boolean {
    return this.identities.some(({ scheme }) => scheme === 'x509');
  }

  /** What it waits for, as ZooKeeper's connections tell it: 1 for input, 4 for the peer to take output. */
  get interestOps(): number {
    if (this.#state.kind !== 'open') return 0;
    return (this.#socket.isPaused() ? 0 : 1) | (this.#socket.writableLength > 0 ? 4 : 0);
  }

  isHeldUp(now: number): boolean {
    return this.#isOwed || this.stats.lastResponseAt >= now || this.#intake.isHeldUp;
  }

  /** Closes at once; what was not sent is lost. The session, if it lives on, may be taken up elsewhere. */
  release(reason: string): void {
    this.#close(reason);
    this.#socket.destroy();
  }

  /** Whether it understands frames, now. */
  get takesFrames(): boolean {
    return this.#state.kind === 'connecting' || this.#state.kind === 'open';
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** Bytes that were written for the peer and that it has not taken. */
  get pendingBytes(): number {
    return this.#output.length + this.#heldBytes + this.#socket.writableLength;
  }

  get unreadBytes(): number {
    return this.#state.kind === 'closed' ? 0 : this.#socket.writableLength;
  }

  /** Takes up the input that has waited: the server was paused, or had too much to do. */
  proceed(): void {
    this.#intake.proceed();
  }

  /** Handles a frame; `now` is monotonic ms. Throws `ProtocolError` for a first one that is no connect request. */
  take(frame: Buffer, now: number): void {
    if (this.#state.kind === 'open') this.#request(frame, this.#state.session, now);
    else this.#connect(frame);
  }

  /** The stream cannot be read on: a four-letter word, or garbage. */
  refuse(error: ProtocolError): void {
    const answer =
      this.#state.kind === 'connecting' && error.code === 'FRAME_LENGTH'
        ? answerFourLetterWord(this.#core, this.#asker(), error.length ?? 0)
        : null;
    if (answer === null) {
      this.#core.metrics.badFrames++;
      this.#core.settings.logger.warn(
        { address: this.address, error: badFrame(error) },
        'bad frame',
      );
      this.release('bad frame');
      return;
    }
    this.#drain();
    this.#core.stats.sent++;
    // One write: clients read the answer of envi with a single recv.
    this.#socket.end(answer);
  }

  /** Queues a notification, unless the peer may not read the node it is about. */
  notify(event: WatchedEvent): void {
    if (this.#state.kind !== 'open') return;
    if (event.acl !== null && !isAllowed(event.acl, Permission.read, this.identities)) return;
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      // Not at once: the watches are being gone through.
      this.#core.settings.clock.defer(() => this.#tooSlow('notifications'));
      return;
    }
    this.#output.raw(event.frame);
    this.#core.stats.sent++;
    this.stats.traffic.sent++;
    this.#core.output.schedule(this);
  }

  takeOutput(): Output {
    this.#budget();
    this.#budgetedBytes = 0;
    const bytes = this.#output.take();
    this.#heldBytes += bytes.length;
    return { bytes, answered: this.#ledger.take() };
  }

  send({ bytes, answered }: Output, now: number): void {
    this.#heldBytes -= bytes.length;
    this.#core.metrics.bytesSent += bytes.length;
    this.#core.budget.sent(bytes.length);
    this.#isGreeting = false;
    this.#ledger.sent(answered, now);
    if (this.#state.kind === 'closed') return;
    if (this.#socket.writableLength === 0) this.caughtUpAt = now;
    if (bytes.length > LARGE_OUTPUT_BYTES)
      this.#socket.write(bytes, () => JuteWriter.recycle(bytes));
    else if (bytes.length > 0) this.#socket.write(bytes);
    this.#core.budget.look(this);
    if (this.#state.kind === 'draining' && this.#output.length === 0) this.#socket.destroySoon();
    else this.proceed();
  }

  /** Handles a request now; one whose connection has gone meanwhile, or whose session, is dropped. */
  handle(request: Request, startedAt: number): void {
    if (this.session !== request.session) return;
    this.#ledger.begin(request.op, startedAt);
    const next = this.#dispatcher.dispatch(request);
    this.#budget();
    this.#core.output.schedule(this);
    if (next === 'close') this.#drain();
  }

  cutOff(): void {
    this.#tooSlow('answers, while all together leave too much unread');
  }

  answerThrottled(request: Request, startedAt: number): void {
    if (this.session !== request.session) return;
    this.#ledger.begin(request.op, startedAt);
    this.#dispatcher.refuse(request, ErrorCode.THROTTLEDOP);
    this.#core.output.schedule(this);
  }

  #receive(chunk: Buffer): void {
    if (!this.takesFrames) return;
    this.#core.metrics.bytesReceived += chunk.length;
    if (this.#state.kind === 'connecting') this.#lastChunk = Buffer.from(chunk);
    this.#intake.receive(chunk);
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
      const facts = { address: this.address, port: this.port };
      this.#core.settings.logger.info(facts, 'refused a session that is gone or not theirs');
      this.#drain();
      return;
    }
    this.#state = { kind: 'open', session: outcome.session };
    this.#isGreeting = true;
    this.#lastChunk = NOTHING;
    this.#core.impatience.remove(this);
    this.stats.established(outcome.session.timeoutMs);
  }

  #request(frame: Buffer, session: Session, now: number): void {
    if (frame.length < HEADER_BYTES) {
      this.release('a frame shorter than a request header');
      return;
    }
    if (!this.#ledger.admits(frame.length)) {
      const facts = { address: this.address, bytes: frame.length };
      this.#core.settings.logger.warn(facts, 'too many large requests');
      this.release('too many large requests');
      return;
    }
    this.#received();
    const { sessions, throttle } = this.#core;
    sessions.touch(session, now);
    let input = this.#input;
    if (throttle.mustWait) input = new JuteReader(Buffer.from(frame));
    else input.reset(frame);
    const xid = input.int();
    const op = input.int();
    throttle.submit(this, { xid, op, input, session }, now);
  }

  #received(): void {
    this.#core.stats.received++;
    this.stats.traffic.received++;
  }

  #asker(): Asker {
    this.#received();
    return { connection: this, argument: this.#lastChunk.subarray(WORD_BYTES) };
  }

  /** Has the budget know of all that was written. */
  #budget(): void {
    const { length } = this.#output;
    this.#core.budget.wrote(length - this.#budgetedBytes);
    this.#budgetedBytes = length;
  }

  #drained(): void {
    this.caughtUpAt = this.#core.now();
    this.#core.budget.look(this);
    this.proceed();
  }

  /** `what` it does not read. */
  #tooSlow(what: string): void {
    if (this.#state.kind === 'closed') return;
    this.#core.metrics.slowClientsCutOff++;
    const facts = { address: this.address, port: this.port, unreadBytes: this.unreadBytes };
    this.#core.settings.logger.warn(facts, `cut off a client that does not read its ${what}`);
    this.release('output unread');
  }

  /** Takes no more input and closes once what was written is out. */
  #drain(): void {
    if (this.#state.kind === 'draining' || this.#state.kind === 'closed') return;
    this.#detach();
    this.#state = DRAINING;
    this.#core.impatience.update(this, this.#core.settings.handshakeTimeoutMs, this.#core.now());
    this.#core.output.schedule(this);
  }

  #close(reason: string): void {
    if (this.#state.kind === 'closed') return;
    const facts = { address: this.address, port: this.port, reason };
    this.#core.settings.logger.debug(facts, 'connection closed');
    this.#detach();
    this.#state = CLOSED;
    this.#core.impatience.remove(this);
    this.#core.load.forget(this);
    this.#core.budget.forget(this);
    // What it has under way is counted off when its output would go.
    if (this.#ledger.holdsLarge) this.#core.output.schedule(this);
    this.#core.connections.remove(this);
  }

  #detach(): void {
    this.#core.watches.removeWatcher(this);
    const { session } = this;
    if (session?.holder !== this) return;
    session.holder = null;
    // Who gives up waiting for this server has its full time to come back.
    if (this.#isOwed && this.#core.sessions.get(session.id) === session) {
      this.#core.sessions.touch(session, this.#core.now());
    }
  }

  /** Whether the client waits for an answer. */
  get #isOwed(): boolean {
    return this.#isGreeting || this.outstanding > 0;
  }
}
