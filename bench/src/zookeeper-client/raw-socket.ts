import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameDecoder } from '@mpim/zookeeper/protocol';
import { connectFrame } from '../connect-frame.ts';

const READ_BYTES = 64 * 1024;
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** A socket with a session, whose reads all go into one buffer, past the stream. It sends no pings. */
export class RawSocket implements Disposable {
  /** What was received since the handshake. */
  readonly decoder = new FrameDecoder(MAX_FRAME_BYTES);
  /** Called when {@link decoder} has something new; its memory is used again afterwards. */
  received: () => void = () => {};
  readonly #socket: Socket;

  private constructor(host: string, port: number) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (bytes: number): boolean => {
      this.decoder.push(buffer.subarray(0, bytes));
      this.received();
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
  }

  /** Rejects when the server cannot be reached or answers the handshake in parts. */
  static async open(connectString: string): Promise<RawSocket> {
    const [host = '', port] = connectString.split(':');
    const raw = new RawSocket(host, Number(port));
    await once(raw.#socket, 'connect');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    raw.received = () => {
      if (raw.decoder.next() === null) reject(new Error('the handshake came in parts'));
      else resolve();
    };
    raw.write(connectFrame());
    await promise;
    return raw;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
