import { connect, createServer, type Socket } from 'node:net';
import type { Echo } from './client-process.ts';

/**
 * The least a request and an answer over TCP can cost here: a length before the bytes, answers in the order
 * of the requests, one promise per call, one write per tick. No ids, deadlines, errors or cancellation.
 */
const PREFIX_BYTES = 4;
const CHUNK_BYTES = 64 * 1024;

/** Cuts a stream into length-prefixed ranges. */
class Cutter {
  readonly #onFrame: (chunk: Buffer, start: number, end: number) => void;
  #rest: Buffer | undefined;

  constructor(onFrame: (chunk: Buffer, start: number, end: number) => void) {
    this.#onFrame = onFrame;
  }

  push(data: Buffer): void {
    const chunk = this.#rest === undefined ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (chunk.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + chunk.readUInt32BE(at);
      if (end > chunk.length) break;
      this.#onFrame(chunk, at + PREFIX_BYTES, end);
      at = end;
    }
    this.#rest = at < chunk.length ? chunk.subarray(at) : undefined;
  }
}

/** Gathers frames and writes them once per tick. */
class Gatherer {
  readonly #socket: Socket;
  readonly #flush = (): void => this.flush();
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #length = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(bytes: Uint8Array): void {
    if (this.#length === 0) setImmediate(this.#flush);
    if (this.#length + PREFIX_BYTES + bytes.length > CHUNK_BYTES) this.flush();
    this.#chunk.writeUInt32BE(bytes.length, this.#length);
    this.#chunk.set(bytes, this.#length + PREFIX_BYTES);
    this.#length += PREFIX_BYTES + bytes.length;
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#socket.write(this.#chunk.subarray(0, this.#length));
    if (this.#socket.writableLength > 0) this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#length = 0;
  }
}

/** Serves the echo; resolves with the port. */
export function serveRaw(): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const out = new Gatherer(socket);
    const cutter = new Cutter((chunk, start, end) => out.add(chunk.subarray(start, end)));
    socket.on('data', (data: Buffer) => {
      cutter.push(data);
      out.flush();
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

/** A client whose calls wait in a queue for their answers. */
export function connectRaw(port: number): Promise<Echo> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const out = new Gatherer(socket);
  const waiting: ((answer: Uint8Array) => void)[] = [];
  let next = 0;
  const cutter = new Cutter((chunk, start, end) => {
    waiting[next++]?.(chunk.subarray(start, end));
    if (next === 1024) {
      waiting.splice(0, next);
      next = 0;
    }
  });
  socket.on('data', (data: Buffer) => cutter.push(data));
  const echo: Echo = (payload) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      out.add(payload);
    });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve(echo));
  });
}
