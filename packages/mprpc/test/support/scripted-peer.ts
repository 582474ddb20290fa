import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { DEFAULT_LIMITS, FrameType, WIRE_VERSION } from '../../src/wire/constants.ts';
import { FrameDecoder } from '../../src/wire/frame-decoder.ts';
import { FrameWriter } from '../../src/wire/frame-writer.ts';
import { encodeHello, type Hello } from '../../src/wire/hello.ts';

export interface Frame {
  type: number;
  flags: number;
  id: number;
  body: Buffer;
}

/** The bytes of a frame. */
export function frame(type: number, flags: number, id: number, body: Uint8Array = Buffer.alloc(0)) {
  const chunks: Buffer[] = [];
  const writer = new FrameWriter((chunk) => {
    chunks.push(Buffer.from(chunk));
    return true;
  });
  writer.open(type, flags, id, 0, body.length);
  writer.append(body);
  writer.flush();
  return Buffer.concat(chunks);
}

/** A HELLO as this version says it. */
export function helloFrame(changes: Partial<Hello> = {}): Buffer {
  return frame(
    FrameType.HELLO,
    0,
    0,
    encodeHello({
      version: WIRE_VERSION,
      minVersion: WIRE_VERSION,
      capabilities: 0,
      ...DEFAULT_LIMITS,
      fields: new Map(),
      ...changes,
    }),
  );
}

/** The frames in some bytes. */
export function onFrames(socket: Socket, listener: (frame: Frame) => void): void {
  const decoder = new FrameDecoder(
    {
      onFrame: (type, flags, id, bytes, start, end) =>
        listener({ type, flags, id, body: bytes.subarray(start, end) }),
    },
    DEFAULT_LIMITS.maxFrameBytes,
  );
  socket.on('data', (chunk: Buffer) => decoder.push(chunk));
  socket.on('error', () => {});
}

/** A server that does what the test says, for faults a real provider never commits. */
export async function scriptedServer(
  onFrame: (frame: Frame, socket: Socket, connection: number) => void,
): Promise<{ port: number; connections: () => number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    sockets.add(socket);
    onFrames(socket, (received) => onFrame(received, socket, connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A client that says what the test says; resolves with the frames it got once the server closed. */
export async function scriptedClient(port: number, ...bytes: Uint8Array[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  const socket = connect({ port, host: '127.0.0.1' });
  onFrames(socket, (received) => frames.push(received));
  const closed = once(socket, 'close');
  for (const chunk of bytes) socket.write(chunk);
  await closed;
  return frames;
}
