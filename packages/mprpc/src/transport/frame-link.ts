import type { AgreedCompression } from '../compression/agreed-compression.ts';
import type { Compression } from '../compression/compression.ts';
import { badFrameError, RpcError } from '../errors.ts';
import type { Handshake } from '../security/handshake.ts';
import {
  FIRST_SKIPPABLE_TYPE,
  FrameFlag,
  FrameType,
  GoawayCode,
  MAX_CONTROL_BYTES,
  type WireLimits,
} from '../wire/constants.ts';
import { FrameDecoder, type FrameSink } from '../wire/frame-decoder.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import { encodeGoaway } from '../wire/goaway.ts';
import { CONGESTED_BYTES, type DrainWaiter, DrainWaiters } from './congestion.ts';
import { linkLost, peerSilent } from './link-failures.ts';
import { type Agreement, LinkOpening, type OpeningLink } from './link-opening.ts';
import type { LinkOwner } from './link-owner.ts';
import { PeerLiveness } from './peer-liveness.ts';
import type { SocketHandler, TransportSocket } from './transport.ts';

/**
 * So many requests or answers of one tick are written at once: the peer works on them while this side goes on with the
 * next ones, instead of both waiting for each other (`bench rpc`, 128 and 512 in flight).
 */
const CALLS_PER_WRITE = 64;

/** Where a link is in its life. It only moves forward. `opening`: see {@link LinkOpening}; `ready`: calls may pass. */
export type LinkState = 'opening' | 'ready' | 'ending' | 'closed';

/**
 * One connection as both sides share it: framing, writes gathered per tick (and 64 calls), PING, and the
 * reaction to a peer that breaks the format (GOAWAY, then close).
 */
export class FrameLink implements SocketHandler, FrameSink, OpeningLink {
  readonly #socket: TransportSocket;
  readonly #owner: LinkOwner;
  readonly #limits: WireLimits;
  readonly #decoder: FrameDecoder;
  readonly #writer: FrameWriter;
  readonly #opening: LinkOpening;
  readonly #liveness = new PeerLiveness();
  #compression: AgreedCompression | undefined;
  #state: LinkState = 'opening';
  #flushScheduled = false;
  /** Requests and answers since the last write. */
  #callsGathered = 0;
  #failure: RpcError | undefined;
  readonly #drainWaiters = new DrainWaiters();
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
    this.peerLimits = limits;
    this.#decoder = new FrameDecoder(this, Math.min(MAX_CONTROL_BYTES, limits.maxFrameBytes));
    this.#writer = new FrameWriter((chunk) => socket.write(chunk));
    this.#opening = new LinkOpening(this, limits, handshake, compression);
  }

  get state(): LinkState {
    return this.#state;
  }

  /** False once it is open, or no longer going to be. */
  get isOpening(): boolean {
    return this.#state === 'opening';
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
    this.#drainWaiters.add(waiter);
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
    this.#opening.start();
  }

  /** The opening is over, and this is what came of it. */
  opened(agreement: Agreement): void {
    this.peerLimits = agreement.peerLimits;
    this.capabilities = agreement.capabilities;
    this.#compression = agreement.compression;
    this.#state = 'ready';
    this.#decoder.maxFrameBytes = this.#limits.maxFrameBytes;
    this.#owner.onReady();
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

  /** A request or an answer is whole; a number of them are written without waiting for the end of the tick. */
  callAppended(): void {
    if (++this.#callsGathered < CALLS_PER_WRITE) return;
    this.#callsGathered = 0;
    if (this.#state !== 'closed') this.#writer.flush();
  }

  /** A message as it is to travel compressed; `undefined`: as it is. See {@link AgreedCompression.pack}. */
  pack(message: Uint8Array, kind: object): Uint8Array | undefined {
    return this.#compression?.pack(message, kind);
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
    return compression.checked(bytes, start, end, this.#limits.maxFrameBytes);
  }

  /** Sends a whole frame. */
  send(type: number, flags: number, id: number, body: Uint8Array): void {
    this.open(type, flags, id, 0, body.length);
    this.#writer.append(body);
  }

  /** Writes what was gathered, without waiting for the end of the tick. */
  flush(): void {
    this.#flushScheduled = false;
    this.#callsGathered = 0;
    if (this.#state !== 'closed') this.#writer.flush();
  }

  /** Called at a steady interval: pings a peer that was silent for a whole one, gives it up after another. */
  checkAlive(): void {
    if (this.#state === 'closed') return;
    const verdict = this.#liveness.check(this.#socket.bufferedBytes);
    if (verdict === 'ping') {
      if (!this.isOpening || !this.#opening.awaitsHello) this.#ping();
    } else if (verdict === 'silent') {
      // After a stall of this process the timer comes before the sockets: look at what they hold first.
      setImmediate(giveUpSilent, this);
    }
  }

  /**
   * Called at a short steady interval while answers are awaited: how many times in a row the peer had said
   * nothing since the last time. At the first it is pinged, so a peer that is only slow is heard at the second.
   */
  silentProbes(): number {
    const silent = this.#liveness.probe();
    if (silent === 1 && this.#state === 'ready') this.#ping();
    return silent;
  }

  /** Gives the peer up unless it was heard after all. */
  giveUpSilent(): void {
    if (this.#liveness.wasHeard) return;
    this.destroy(peerSilent(this.peer));
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

  onData(chunk: Buffer): boolean {
    if (this.#state === 'closed') return true;
    this.#liveness.heard();
    try {
      return this.#decoder.push(chunk);
    } catch (error) {
      this.reject(
        error instanceof RpcError ? error : badFrameError(`reading it failed: ${String(error)}`),
      );
      return false;
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
    if (this.#state === 'opening' && this.#opening.take(type, bytes, start, end)) return;
    if (type === FrameType.PING) {
      if ((flags & FrameFlag.ACK) === 0) {
        this.send(FrameType.PING, FrameFlag.ACK, id, bytes.subarray(start, end));
      }
    } else if (type < FIRST_SKIPPABLE_TYPE) {
      this.#owner.onFrame(type, flags, id, bytes, start, end);
    }
  }

  onDrain(): void {
    this.#owner.onDrain();
    this.#drainWaiters.wakeAll();
  }

  onClose(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    const lost = {
      peer: this.peer,
      isMidFrame: !this.#decoder.atBoundary,
      wasGreeted: !this.isOpening || !this.#opening.awaitsHello,
    };
    this.#failure ??= linkLost(lost, error);
    this.#close();
  }

  #ping(): void {
    this.send(FrameType.PING, 0, 0, Buffer.alloc(8));
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
