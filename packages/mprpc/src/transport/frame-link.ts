import type { Algorithm } from '../compression/algorithms.ts';
import type { Compression } from '../compression/compression.ts';
import { badFrameError, RpcError } from '../errors.ts';
import { unauthenticated } from '../security/authentication.ts';
import type { Handshake, Step } from '../security/handshake.ts';
import {
  FIRST_SKIPPABLE_TYPE,
  FrameFlag,
  FrameType,
  GoawayCode,
  MAX_CONTROL_BYTES,
  WIRE_VERSION,
  type WireLimits,
} from '../wire/constants.ts';
import { FrameDecoder, type FrameSink } from '../wire/frame-decoder.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import { encodeGoaway } from '../wire/goaway.ts';
import { Capability, decodeHello, encodeHello, type Hello, HelloField } from '../wire/hello.ts';
import type { SocketHandler, TransportSocket } from './transport.ts';

/** What uses a link: a client's or a server's connection. */
export interface LinkOwner extends FrameSink {
  /** Both HELLOs are exchanged, and both sides content with each other: calls may be sent. */
  onReady(): void;
  /** Everything written has left, after `bufferedBytes` had grown. */
  onDrain(): void;
  /** The link is gone, and why. Called once; nothing is called after it. */
  onClose(error: RpcError): void;
}

/** Streams send no further messages while more than this waits for the peer to read. */
const CONGESTED_BYTES = 1024 * 1024;

/** Waits for a congested link, see {@link FrameLink.whenDrained}. */
export interface DrainWaiter {
  wake(): void;
}

/**
 * Where a link is in its life. It only moves forward. `opening`: HELLO is awaited; `authenticating`: AUTH is,
 * or this side thinks about it; `ready`: calls may pass.
 */
export type LinkState = 'opening' | 'authenticating' | 'ready' | 'ending' | 'closed';

/**
 * One connection as both sides share it: HELLO, framing, writes gathered per tick, PING, and the
 * reaction to a peer that breaks the format (GOAWAY, then close).
 */
export class FrameLink implements SocketHandler, FrameSink {
  readonly #socket: TransportSocket;
  readonly #owner: LinkOwner;
  readonly #limits: WireLimits;
  readonly #handshake: Handshake;
  /** What this side would compress with. */
  readonly #offered: Compression | undefined;
  /** The same, once the peer has agreed. */
  #compression: Compression | undefined;
  /** How the peer wants it; `undefined`: not at all. */
  #algorithm: Algorithm | undefined;
  #ownHello: Buffer = Buffer.alloc(0);
  readonly #decoder: FrameDecoder;
  readonly #writer: FrameWriter;
  #state: LinkState = 'opening';
  #isDeciding = false;
  readonly #sendAuth = (body: Uint8Array): void => {
    if (this.#state === 'authenticating') this.send(FrameType.AUTH, 0, 0, body);
  };
  #flushScheduled = false;
  #heard = true;
  #pinged = false;
  #spoke = true;
  #silentProbes = 0;
  #lastBuffered = 0;
  #failure: RpcError | undefined;
  #drainWaiters: DrainWaiter[] = [];
  /** What the peer accepts; known once ready. */
  peerLimits: WireLimits;
  /** What both sides can do: bits of {@link Capability}; known once ready. */
  capabilities = 0;

  constructor(
    socket: TransportSocket,
    limits: WireLimits,
    handshake: Handshake,
    compression: Compression | undefined,
    owner: LinkOwner,
  ) {
    this.#socket = socket;
    this.#owner = owner;
    this.#limits = limits;
    this.#handshake = handshake;
    this.#offered = compression;
    this.peerLimits = limits;
    this.#decoder = new FrameDecoder(this, Math.min(MAX_CONTROL_BYTES, limits.maxFrameBytes));
    this.#writer = new FrameWriter((chunk) => socket.write(chunk));
  }

  get state(): LinkState {
    return this.#state;
  }

  get peer(): string {
    return this.#socket.peer;
  }

  /** Resolves when the socket is gone for good. */
  get closed(): Promise<void> {
    return this.#socket.closed;
  }

  /** Bytes that wait for the peer to read. */
  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** What this side accepts. */
  get limits(): WireLimits {
    return this.#limits;
  }

  /** True while so much waits for the peer to read that nothing should be added without need. */
  get isCongested(): boolean {
    return this.#socket.bufferedBytes > CONGESTED_BYTES;
  }

  /** Wakes the waiter once, when everything written has left. */
  whenDrained(waiter: DrainWaiter): void {
    this.#drainWaiters.push(waiter);
  }

  /**
   * A mark that tells later whether the frame just written has left: `wasHeldBack(mark)` is true
   * while its last byte still waits for the end of the tick.
   */
  mark(): number {
    return this.#writer.pending > 0 ? this.#writer.writes : -1;
  }

  /** See {@link mark}. */
  wasHeldBack(mark: number): boolean {
    return mark === this.#writer.writes;
  }

  /** Takes the socket into use and says HELLO. */
  start(): void {
    this.#socket.setHandler(this);
    this.#ownHello = encodeHello({
      version: WIRE_VERSION,
      minVersion: WIRE_VERSION,
      capabilities: this.#capabilities,
      ...this.#limits,
      fields:
        this.#offered === undefined
          ? this.#handshake.fields
          : new Map([...this.#handshake.fields, [HelloField.COMPRESSION, this.#offered.accepted]]),
    });
    this.send(FrameType.HELLO, 0, 0, this.#ownHello);
  }

  /** Begins a frame and sees to it that it is written at the end of this tick. See {@link FrameWriter.open}. */
  open(type: number, flags: number, id: number, fixedBytes: number, messageBytes: number): number {
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      setImmediate(flushLink, this);
    }
    return this.#writer.open(type, flags, id, fixedBytes, messageBytes);
  }

  /** The chunk that `open`'s offset refers to. */
  get chunk(): Buffer {
    return this.#writer.chunk;
  }

  /** Adds the message of the frame just opened. */
  append(message: Uint8Array): void {
    this.#writer.append(message);
  }

  /** A message as it is to travel compressed; `undefined`: as it is. See {@link Compression.compress}. */
  pack(message: Uint8Array, kind: object): Uint8Array | undefined {
    const algorithm = this.#algorithm;
    return algorithm === undefined
      ? undefined
      : this.#compression?.compress(algorithm, message, kind);
  }

  /**
   * What reads a message that came with these flags; `undefined` when it is not compressed. Throws RpcError
   * `BAD_FRAME` when it is without having been agreed on, or would be too large.
   */
  packing(flags: number, bytes: Buffer, start: number, end: number): Compression | undefined {
    if ((flags & FrameFlag.COMPRESSED) === 0) return undefined;
    const compression = this.#compression;
    if (compression === undefined) {
      throw badFrameError('a message is compressed, which was not agreed on');
    }
    compression.check(bytes, start, end, this.#limits.maxFrameBytes);
    return compression;
  }

  /** Sends a whole frame. */
  send(type: number, flags: number, id: number, body: Uint8Array): void {
    this.open(type, flags, id, 0, body.length);
    this.#writer.append(body);
  }

  /** Writes what was gathered, without waiting for the end of the tick. */
  flush(): void {
    this.#flushScheduled = false;
    if (this.#state !== 'closed') this.#writer.flush();
  }

  /**
   * Called at a steady interval: a peer that was silent for a whole one is pinged, one that stays
   * silent for another is dead.
   */
  checkAlive(): void {
    if (this.#state === 'closed') return;
    // A peer that takes in what was written lives, even when reading from it is paused.
    const buffered = this.#socket.bufferedBytes;
    if (buffered < this.#lastBuffered) this.#heard = true;
    this.#lastBuffered = buffered;
    if (this.#heard) {
      this.#heard = false;
      this.#pinged = false;
    } else if (!this.#pinged) {
      this.#pinged = true;
      if (this.#state !== 'opening') this.send(FrameType.PING, 0, 0, Buffer.alloc(8));
    } else {
      // After a stall of this process the timer comes before the sockets: look at what they hold first.
      setImmediate(giveUpSilent, this);
    }
  }

  /**
   * Called at a short steady interval while answers are awaited: how many times in a row the peer had said
   * nothing since the last time. At the first it is pinged, so a peer that is only slow is heard at the second.
   */
  silentProbes(): number {
    if (this.#spoke) {
      this.#spoke = false;
      this.#silentProbes = 0;
    } else if (++this.#silentProbes === 1 && this.#state === 'ready') {
      this.send(FrameType.PING, 0, 0, Buffer.alloc(8));
    }
    return this.#silentProbes;
  }

  /** Gives the peer up unless it was heard after all. */
  giveUpSilent(): void {
    if (this.#heard) return;
    this.destroy(
      new RpcError('UNAVAILABLE', `${this.peer} is silent: it did not answer a ping`, {
        reason: 'PEER_DEAD',
      }),
    );
  }

  /** Stops reading requests until `resume`: the peer does not read its answers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends what is gathered, then closes in order. */
  end(): void {
    if (this.#state === 'closed' || this.#state === 'ending') return;
    this.flush();
    this.#state = 'ending';
    this.#socket.end();
  }

  /** Closes at once; the owner hears `onClose` with this error before the call returns. */
  destroy(error: RpcError): void {
    if (this.#state === 'closed') return;
    this.#failure ??= error;
    this.#close();
    this.#socket.destroy();
  }

  /** The peer broke the format: tells it so, and closes. */
  reject(error: RpcError, code: number = GoawayCode.PROTOCOL_ERROR): void {
    if (this.#state === 'closed') return;
    this.send(FrameType.GOAWAY, 0, 0, encodeGoaway({ lastId: 0, code, message: error.message }));
    this.#writer.flush();
    this.#failure = error;
    this.#close();
    this.#socket.end();
  }

  onOpen(): void {}

  onData(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#heard = true;
    this.#spoke = true;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.reject(
        error instanceof RpcError ? error : badFrameError(`reading it failed: ${String(error)}`),
      );
    }
  }

  onFrame(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.#state === 'opening') {
      if (type !== FrameType.HELLO) {
        throw badFrameError('the peer does not speak mprpc: its first frame is no HELLO');
      }
      this.#onHello(bytes, start, end);
    } else if (type === FrameType.PING) {
      if ((flags & FrameFlag.ACK) === 0) {
        this.send(FrameType.PING, FrameFlag.ACK, id, bytes.subarray(start, end));
      }
    } else if (this.#state === 'authenticating' && type !== FrameType.GOAWAY) {
      if (type !== FrameType.AUTH || this.#isDeciding) {
        this.#refuse(
          unauthenticated(`a frame of type ${type} came before authentication was done`),
        );
      } else {
        const body = Buffer.from(bytes.subarray(start, end));
        this.#take(() => this.#handshake.onAuth(body, this.#sendAuth));
      }
    } else if (type < FIRST_SKIPPABLE_TYPE) {
      this.#owner.onFrame(type, flags, id, bytes, start, end);
    }
  }

  #onHello(bytes: Buffer, start: number, end: number): void {
    const hello = decodeHello(bytes, start, end);
    this.peerLimits = hello;
    this.capabilities = this.#capabilities & hello.capabilities;
    this.#agreeOnCompression(hello);
    this.#state = 'authenticating';
    const own = this.#ownHello;
    const other = Buffer.from(bytes.subarray(start, end));
    const transcript =
      this.#handshake.side === 'client'
        ? { client: own, server: other }
        : { client: other, server: own };
    this.#take(() => this.#handshake.onHello(hello, transcript, this.#sendAuth));
  }

  get #capabilities(): number {
    return Capability.STREAMING | (this.#offered === undefined ? 0 : Capability.COMPRESSION);
  }

  #agreeOnCompression(hello: Hello): void {
    if ((this.capabilities & Capability.COMPRESSION) === 0) return;
    this.#compression = this.#offered;
    const accepts = hello.fields.get(HelloField.COMPRESSION);
    if (accepts !== undefined) this.#algorithm = this.#offered?.choose(accepts);
  }

  /** Takes a step of the handshake, which may need time. */
  #take(step: () => Step | Promise<Step>): void {
    let result: Step | Promise<Step>;
    try {
      result = step();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (typeof result === 'string') {
      this.#taken(result);
      return;
    }
    this.#isDeciding = true;
    result.then(
      (later) => {
        this.#isDeciding = false;
        this.#taken(later);
      },
      (error: unknown) => this.#refuse(error),
    );
  }

  #taken(step: Step): void {
    if (step === 'wait' || this.#state !== 'authenticating') return;
    this.#state = 'ready';
    this.#decoder.maxFrameBytes = this.#limits.maxFrameBytes;
    this.#owner.onReady();
  }

  #refuse(cause: unknown): void {
    const error =
      cause instanceof RpcError ? cause : unauthenticated(`authentication failed: ${cause}`);
    const { side } = this.#handshake;
    if (side === 'server') this.reject(error, GoawayCode.UNAUTHENTICATED);
    else this.destroy(unauthenticated(`${this.peer} is not to be called: ${error.message}`));
  }

  onDrain(): void {
    this.#owner.onDrain();
    if (this.#drainWaiters.length === 0) return;
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const waiter of waiters) waiter.wake();
  }

  onClose(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    const where = this.#decoder.atBoundary ? '' : ' in the middle of a frame';
    this.#failure ??= new RpcError(
      'UNAVAILABLE',
      error === undefined
        ? `${this.peer} closed the connection${where}`
        : `the connection to ${this.peer} failed${where}: ${error.message}`,
      { reason: 'CONNECTION_LOST', ...(error === undefined ? {} : { cause: error }) },
    );
    this.#close();
  }

  #close(): void {
    this.#state = 'closed';
    this.#decoder.stop();
    this.#owner.onClose(
      this.#failure ?? new RpcError('UNAVAILABLE', `the connection to ${this.peer} was closed`),
    );
  }
}

/** Shared by all links: scheduling a flush makes no closure. */
function flushLink(link: FrameLink): void {
  link.flush();
}

function giveUpSilent(link: FrameLink): void {
  link.giveUpSilent();
}
