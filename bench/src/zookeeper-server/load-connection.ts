import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectFrame } from '../connect-frame.ts';
import type { FrameRing } from './frames.ts';

const READ_BYTES = 256 * 1024;
/** Length, xid, zxid and error: all that is looked at of an answer. */
const HEAD_BYTES = 20;
const NOTIFICATION_XID = -1;

/** All connections are read into the same memory: nothing is kept of it. */
const memory = Buffer.allocUnsafe(READ_BYTES);

/** Hears what a connection was sent. */
export interface LoadListener {
  /** So many answers have come, all in order and without an error. */
  answered(connection: LoadConnection, count: number): void;
  /** So many notifications have come. */
  notified(count: number): void;
  /** The server has closed the connection. */
  closed(): void;
}

/**
 * A session that costs as little as it can: requests are encoded beforehand and written in blocks, and of what
 * comes back only xid and error are looked at.
 */
export class LoadConnection {
  /** Its place among the connections. */
  readonly index: number;
  readonly #socket: Socket;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headFilled = 0;
  /** Bytes of the answer's body still to come. */
  #body = 0;
  #ring: FrameRing | null = null;
  #nextSlot = 0;
  #expectedXid = 1;
  #listener: LoadListener | null = null;
  readonly #handshaken = Promise.withResolvers<void>();
  #isOpen = false;

  private constructor(index: number, port: number, patienceMs: number) {
    this.index = index;
    this.#handshaken.promise.catch(() => {});
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: memory,
        callback: (bytes) => {
          this.#receive(bytes);
          return true;
        },
      },
    });
    if (patienceMs > 0) this.#socket.setTimeout(patienceMs, () => this.#socket.destroy());
    this.#socket.on('error', (error) => this.#handshaken.reject(error));
    this.#socket.on('close', () => {
      this.#handshaken.reject(new Error('the server has closed the connection'));
      this.#listener?.closed();
    });
  }

  /** Opens a session. With `patienceMs` it closes when for so long nothing is sent or received. */
  static async open(index: number, port: number, patienceMs = 0): Promise<LoadConnection> {
    const connection = new LoadConnection(index, port, patienceMs);
    await once(connection.#socket, 'connect');
    connection.#socket.write(connectFrame());
    await connection.#handshaken.promise;
    return connection;
  }

  /** From now on these requests are sent. Nothing may be under way. */
  use(ring: FrameRing, listener: LoadListener): void {
    this.#ring = ring;
    this.#listener = listener;
    this.#nextSlot = 0;
    this.#expectedXid = 1;
  }

  /** The slot of the request that is sent next. */
  get nextSlot(): number {
    return this.#nextSlot;
  }

  /** Sends the next requests of the ring. */
  send(count: number): void {
    const ring = this.#ring;
    if (ring === null) throw new Error('no requests were given');
    const end = this.#nextSlot + count;
    if (end <= ring.size) {
      this.#socket.write(ring.slice(this.#nextSlot, end));
      this.#nextSlot = end === ring.size ? 0 : end;
      return;
    }
    this.#socket.cork();
    this.#socket.write(ring.slice(this.#nextSlot, ring.size));
    this.#nextSlot = end - ring.size;
    this.#socket.write(ring.slice(0, this.#nextSlot));
    this.#socket.uncork();
  }

  async close(): Promise<void> {
    this.#listener = null;
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }

  #receive(bytes: number): void {
    let at = 0;
    let answers = 0;
    let notifications = 0;
    while (at < bytes) {
      if (this.#body > 0) {
        const skipped = Math.min(this.#body, bytes - at);
        this.#body -= skipped;
        at += skipped;
        continue;
      }
      let head: Buffer;
      let headAt: number;
      if (this.#headFilled === 0 && bytes - at >= HEAD_BYTES) {
        head = memory;
        headAt = at;
        at += HEAD_BYTES;
      } else {
        head = this.#head;
        headAt = 0;
        const taken = Math.min(HEAD_BYTES - this.#headFilled, bytes - at);
        memory.copy(head, this.#headFilled, at, at + taken);
        this.#headFilled += taken;
        at += taken;
        if (this.#headFilled < HEAD_BYTES) break;
        this.#headFilled = 0;
      }
      this.#body = int(head, headAt) + 4 - HEAD_BYTES;
      if (!this.#isOpen) {
        this.#isOpen = true;
        this.#handshaken.resolve();
      } else if (int(head, headAt + 4) === NOTIFICATION_XID) notifications++;
      else {
        this.#check(int(head, headAt + 4), int(head, headAt + 16));
        answers++;
      }
    }
    if (notifications > 0) this.#listener?.notified(notifications);
    if (answers > 0) this.#listener?.answered(this, answers);
  }

  #check(xid: number, error: number): void {
    if (xid !== this.#expectedXid || error !== 0) {
      throw new Error(`answer ${xid} instead of ${this.#expectedXid}, error ${error}`);
    }
    this.#expectedXid = xid === this.#ring?.size ? 1 : xid + 1;
  }
}

function int(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}
