import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import {
  decodeStreamRequest,
  type EchoCaller,
  type EchoSubject,
  encodeStreamRequest,
  type StreamRequest,
  TLS_NAME,
  type TlsFiles,
} from './echo-subject.ts';
import { Cutter, Gatherer } from './raw-frames.ts';

/**
 * The least a request and an answer over TCP can cost here: a length before the bytes, answers in the order
 * of the requests, one promise per call, one write per tick. No ids, deadlines, errors or cancellation; of a
 * stream, frames are counted and no promise is made for each.
 */
export const rawEcho: EchoSubject = {
  async serve(tls) {
    const echo = await listen(tls, (socket) => {
      const out = new Gatherer(socket);
      const cutter = new Cutter((chunk, start, end) => out.add(chunk.subarray(start, end)));
      socket.on('data', (data: Buffer) => {
        cutter.push(data);
        out.flush();
      });
    });
    const stream = await listen(tls, (socket) => {
      const out = new Gatherer(socket);
      let sending = Promise.resolve();
      const cutter = new Cutter((chunk, start, end) => {
        const request = decodeStreamRequest(chunk.subarray(start, end));
        sending = sending.then(() => send(socket, out, request));
      });
      socket.on('data', (data: Buffer) => cutter.push(data));
    });
    return { echo, stream };
  },

  async connect(ports, tls) {
    const echo = await echoCaller(await open(ports.echo, tls));
    const stream = await streamCaller(await open(ports.stream, tls));
    return { echo, stream };
  },
};

async function send(
  socket: Socket,
  out: Gatherer,
  { messages, bytes }: StreamRequest,
): Promise<void> {
  const message = Buffer.alloc(bytes, 'x');
  for (let sent = 0; sent < messages; sent++) {
    out.add(message);
    if (socket.writableNeedDrain) await new Promise((resolve) => socket.once('drain', resolve));
  }
  out.flush();
}

/** Calls wait in a queue for their answers. */
function echoCaller(socket: Socket): EchoCaller['echo'] {
  const out = new Gatherer(socket);
  const waiting = new Queue<(answer: Uint8Array) => void>();
  const cutter = new Cutter((chunk, start, end) => waiting.take()?.(chunk.subarray(start, end)));
  socket.on('data', (data: Buffer) => cutter.push(data));
  return (payload) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      out.add(payload);
    });
}

function streamCaller(socket: Socket): EchoCaller['stream'] {
  const out = new Gatherer(socket);
  const waiting = new Queue<() => void>();
  const expected = new Queue<number>();
  let left = 0;
  const cutter = new Cutter(() => {
    if (left === 0) left = expected.take() ?? 0;
    if (--left === 0) waiting.take()?.();
  });
  socket.on('data', (data: Buffer) => cutter.push(data));
  return (request) =>
    new Promise((resolve) => {
      waiting.push(() => resolve(request.messages));
      expected.push(request.messages);
      out.add(encodeStreamRequest(request));
    });
}

class Queue<T> {
  readonly #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.#items[this.#head++];
    if (this.#head === 1024) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}

function listen(tls: TlsFiles | undefined, onSocket: (socket: Socket) => void): Promise<number> {
  const accept = (socket: Socket): void => {
    socket.setNoDelay(true);
    onSocket(socket);
  };
  const server: Server =
    tls === undefined ? createServer(accept) : createTlsServer({ ...tls }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function open(port: number, tls: TlsFiles | undefined): Promise<Socket> {
  const address = { port, host: '127.0.0.1', noDelay: true };
  const socket =
    tls === undefined
      ? connect(address)
      : connectTls({ ...address, ca: tls.ca, servername: TLS_NAME });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
