import {
  type AuthPacket,
  type ConnectResponse,
  FrameDecoder,
  JuteReader,
  JuteWriter,
  OpCode,
  readReplyHeader,
  readWatcherEvent,
  type SetWatches2Request,
  type SetWatchesRequest,
  SpecialXid,
  writeAuthPacket,
  writeSetWatches2Request,
  writeSetWatchesRequest,
} from '../../protocol/index.ts';
import type { PendingCall } from '../calls/call.ts';
import { lostError, untakenError } from '../calls/call-errors.ts';
import { answerTooLong } from '../calls/packet-limits.ts';
import type { ClockTimer } from '../clock.ts';
import { Fifo } from '../fifo.ts';
import { formatHost } from '../hosts/connect-string.ts';
import { Breather } from './breather.ts';
import type { ConnectionHandlers, ConnectionOptions } from './connection-options.ts';
import { Handshake, isTlsAlert } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { TransportSocket } from './transport.ts';

const MAX_XID = 0x7fff_ffff;
/** Calls back behind the turn's microtasks so far, at half the price of `queueMicrotask`. */
const SOON = Promise.resolve();

type Phase = 'dialling' | 'handshaking' | 'open' | 'closed';

/**
 * One connection to one server: `dialling` → `handshaking` → `open` → `closed`, in one direction only.
 * Answers are matched to calls in order; frames written within one turn, or one rest, leave in one write.
 */
export class Connection {
  readonly host: string;
  #phase: Phase = 'dialling';
  #socket: TransportSocket | null = null;
  #openTimer: ClockTimer | null;
  #heartbeat: Heartbeat | null = null;
  readonly #breather: Breather;
  readonly #output = new JuteWriter();
  /** Whether it was of any use: a call was answered on it. */
  hasAnswered = false;
  /** Whether the server hung up on the handshake. */
  wasTurnedAway = false;
  #flushScheduled = false;
  #xid = 0;
  readonly #handshake: Handshake;
  readonly #inFlight = new Fifo<PendingCall>();
  readonly #decoder: FrameDecoder;
  /** One for all frames: each is read, and what outlives it copied, before the next. */
  readonly #input = new JuteReader(Buffer.alloc(0));
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.host = formatHost(options.host);
    this.#decoder = new FrameDecoder(options.limits.maxAnswerBytes);
    const { clock, openTimeoutMs } = options;
    this.#handshake = new Handshake(options.request, options.sasl, this.#output);
    this.#breather = new Breather(clock, {
      rest: () => this.#socket?.pause(),
      resume: () => {
        this.#socket?.resume();
        this.#flush();
      },
    });
    this.#openTimer = clock.setTimeout(() => this.#openTimedOut(), openTimeoutMs);
    try {
      this.#socket = options.transport.connect(options.host, {
        connected: () => this.#connected(),
        received: (chunk) => this.#received(chunk),
        closed: (cause) => {
          this.wasTurnedAway = this.#phase === 'handshaking' && !this.#handshake.isAnswered;
          this.close(cause ?? new Error(this.#closedByServer()));
        },
      });
    } catch (cause) {
      queueMicrotask(() => this.close(new Error(`cannot connect: ${String(cause)}`, { cause })));
    }
  }

  /** When something was last sent to the server in an open connection, monotonic ms. */
  get lastSentAt(): number | undefined {
    return this.#heartbeat?.lastSentAt;
  }

  /** Calls sent and not answered. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** Sends a call; it is answered, or failed with `CONNECTION_LOSS`. Throws `BAD_ARGUMENTS` if it cannot be sent. */
  send(call: PendingCall): void {
    call.xid = this.#xid === MAX_XID ? 1 : this.#xid + 1;
    call.writeFrame(this.#output, this.#options.limits.maxPacketBytes);
    this.#xid = call.xid;
    this.#inFlight.push(call);
    this.#options.backlog.add(call.bytes);
    if (!this.#breather.resting) this.#scheduleFlush();
  }

  /** Adds an identity to the connection. */
  sendAuth(packet: AuthPacket): void {
    const mark = this.#beginFrame(SpecialXid.auth, OpCode.auth);
    writeAuthPacket(this.#output, packet);
    this.#endFrame(mark);
  }

  /** Arms watches anew. */
  sendSetWatches(request: SetWatchesRequest): void {
    const mark = this.#beginFrame(SpecialXid.setWatches, OpCode.setWatches);
    writeSetWatchesRequest(this.#output, request);
    this.#endFrame(mark);
  }

  /** The same for watches that stay. */
  sendSetWatches2(request: SetWatches2Request): void {
    const mark = this.#beginFrame(SpecialXid.setWatches, OpCode.setWatches2);
    writeSetWatches2Request(this.#output, request);
    this.#endFrame(mark);
  }

  /** Drops the connection. What is in flight fails with `CONNECTION_LOSS`. */
  close(cause: Error): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#openTimer?.cancel();
    this.#heartbeat?.stop();
    this.#breather.stop();
    this.#socket?.destroy();
    this.#handlers.closed(cause);
    for (const call of this.#inFlight.takeAll()) {
      this.#options.backlog.remove(call.bytes);
      call.fail(lostError(call, this.host, cause));
    }
  }

  #connected(): void {
    if (this.#phase !== 'dialling') return;
    this.#phase = 'handshaking';
    this.#handshake.begin();
    this.#scheduleFlush();
  }

  #received(chunk: Buffer): void {
    if (this.#phase === 'closed') return;
    if (this.#phase === 'handshaking' && isTlsAlert(chunk)) {
      this.close(new Error('the server speaks TLS on this port: give options.tls'));
      return;
    }
    this.#heartbeat?.heard();
    this.#options.traffic.bytesReceived += chunk.length;
    const before = this.#inFlight.length;
    try {
      this.#decoder.push(chunk);
      while (this.#decoder.nextInto(this.#input)) {
        this.#handle(this.#input);
        if (this.isClosed()) return;
      }
      this.#breather.answered(before - this.#inFlight.length, this.#inFlight.length);
    } catch (cause) {
      this.#unreadable(cause);
    }
  }

  /** Whether it has come to its end. */
  isClosed(): boolean {
    return this.#phase === 'closed';
  }

  #handle(input: JuteReader): void {
    if (this.#phase === 'handshaking') {
      this.#shakeHands(input);
      return;
    }
    const { xid, zxid, error } = readReplyHeader(input);
    switch (xid) {
      case SpecialXid.notification:
        // Its zxid does not count as seen: other events of that transaction may still be to come.
        this.#handlers.notified(readWatcherEvent(input));
        return;
      case SpecialXid.ping:
        break;
      case SpecialXid.auth:
        this.#handlers.authAnswered(error);
        return;
      case SpecialXid.setWatches:
        if (error !== 0) throw new Error(`watches could not be armed anew: error ${error}`);
        break;
      default:
        this.#answered(xid, error, input);
    }
    if (zxid > 0n) this.#handlers.seen(zxid);
  }

  #shakeHands(input: JuteReader): void {
    const step = this.#handshake.answered(input);
    switch (step.kind) {
      case 'asked':
        this.#scheduleFlush();
        break;
      case 'done':
        this.#open(step.response);
        break;
      case 'no-session':
        this.close(step.cause);
        break;
      case 'refused':
        this.#handlers.refused(`${this.host}: ${step.reason}`);
        this.close(new Error(step.reason));
    }
  }

  #open(response: ConnectResponse): void {
    this.#phase = 'open';
    this.#xid = this.#handshake.xid;
    this.#openTimer?.cancel();
    this.#openTimer = null;
    if (response.timeoutMs > 0) {
      this.#heartbeat = new Heartbeat(this.#options.clock, response.timeoutMs, {
        ping: () => this.#endFrame(this.#beginFrame(SpecialXid.ping, OpCode.ping)),
        dead: (silentMs) =>
          this.close(new Error(`no answer from ${this.host} for ${Math.round(silentMs)} ms`)),
      });
    }
    this.#handlers.opened(response);
  }

  #answered(xid: number, error: number, body: JuteReader): void {
    const call = this.#inFlight.shift();
    if (call === undefined) throw new Error(`answer ${xid} to no request`);
    this.#options.backlog.remove(call.bytes);
    if (call.xid !== xid) {
      call.fail(lostError(call, this.host, new Error('answers came out of order')));
      throw new Error(`answer ${xid} where ${call.xid} was due`);
    }
    this.hasAnswered = true;
    try {
      call.answer(error, body);
    } catch (cause) {
      call.fail(lostError(call, this.host, new Error('the answer is unreadable', { cause })));
      throw cause;
    }
  }

  #unreadable(cause: unknown): void {
    const { limits, backlog } = this.#options;
    const tooLong = this.#phase === 'open' ? answerTooLong(cause, limits) : null;
    // Answers come in order.
    const call = tooLong === null ? undefined : this.#inFlight.shift();
    if (call !== undefined) {
      backlog.remove(call.bytes);
      call.fail(untakenError(call, tooLong ?? '', cause));
    }
    const why = tooLong ?? String(cause);
    this.close(new Error(`${this.host} sent something unreadable: ${why}`, { cause }));
  }

  #beginFrame(xid: number, type: number): number {
    const mark = this.#output.beginFrame();
    this.#output.int(xid);
    this.#output.int(type);
    return mark;
  }

  #endFrame(mark: number): void {
    this.#output.endFrame(mark);
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    SOON.then(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#phase === 'closed' || this.#output.length === 0) return;
    this.#heartbeat?.sent();
    this.#options.traffic.bytesSent += this.#output.length;
    this.#socket?.write(this.#output.take());
  };

  /** What it has been waiting for since it was made; null once it is open. */
  get missing(): string | null {
    if (this.#phase === 'dialling') return 'no connection';
    if (this.#phase !== 'handshaking') return null;
    return `connected, but no ${this.#handshake.isAnswered ? 'end of SASL' : 'handshake'}`;
  }

  #openTimedOut(): void {
    this.close(new Error(`${this.missing} within ${this.#options.openTimeoutMs} ms`));
  }

  #closedByServer(): string {
    if (this.#phase === 'open') return `${this.host} closed the connection`;
    if (this.#handshake.isAnswered) return 'closed during SASL';
    return 'closed during the handshake: the server is not serving, full, behind what was seen before, or wants TLS or a certificate (options.tls)';
  }
}
