import { type LookupAddress, lookup } from 'node:dns';
import {
  connect,
  type LookupFunction,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import type { Random } from '../clock.ts';
import type { HostPort } from '../hosts/connect-string.ts';
import { shuffled } from '../hosts/shuffled.ts';

/** What a transport tells about one connection. `closed` comes once, last, and always. */
export interface TransportHandlers {
  /** The peer takes bytes now; once at most, before anything is received. */
  connected(): void;
  /** The chunk's memory may be used again once this returns. */
  received(chunk: Buffer): void;
  /** With the reason when it is known. */
  closed(cause: Error | undefined): void;
}

/** One connection under way or established. */
export interface TransportSocket {
  /** Sends the bytes behind all before them; they are not changed afterwards. Once it is closed they go nowhere. */
  write(chunk: Buffer): void;
  /** Until {@link resume} nothing need be received; what the peer sends may gather elsewhere. */
  pause(): void;
  /** Ends a {@link pause}. */
  resume(): void;
  /** Drops the connection and what is still unsent; `closed` follows. */
  destroy(): void;
}

/** Where connections come from: TCP, TLS, or a simulator's. */
export interface Transport {
  /** Begins a connection; it may throw for a host that cannot be dialled. The handlers are called in later turns. */
  connect(host: HostPort, handlers: TransportHandlers): TransportSocket;
}

const READ_BYTES = 64 * 1024;

/** TCP. Names are resolved anew for each connection, their addresses tried in random order. */
export function tcpTransport(random: Random, resolve: LookupFunction = lookup): Transport {
  const lookupShuffled = shuffledLookup(random, resolve);
  return {
    connect(host, handlers) {
      const socket = connect(socketOptions(host, lookupShuffled, handlers));
      socket.on('connect', () => handlers.connected());
      return carried(socket, handlers, (error) => error);
    },
  };
}

/** Options for TCP, and for TLS on it. */
export function socketOptions(
  { host, port }: HostPort,
  resolve: LookupFunction,
  handlers: TransportHandlers,
): TcpNetConnectOpts & { onread: OnReadOpts } {
  // All reads go into one buffer and past the stream, and are decoded where they lie; else each of them, most a
  // few bytes, costs a buffer of this size and the stream's own work (bench zookeeper-client, client CPU per call).
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let chunk = buffer;
  const callback = (bytes: number): boolean => {
    // Answers to one kind of call are mostly of one length.
    if (bytes !== chunk.length) chunk = buffer.subarray(0, bytes);
    handlers.received(chunk);
    return true;
  };
  return { host, port, lookup: resolve, noDelay: true, onread: { buffer, callback } };
}

/** A socket as a session sees it; `explained` puts its errors into words. */
export function carried(
  socket: Socket,
  handlers: TransportHandlers,
  explained: (error: Error) => Error,
): TransportSocket {
  let cause: Error | undefined;
  socket.on('error', (error) => {
    cause = explained(oneOf(error));
  });
  socket.on('close', () => handlers.closed(cause));
  const isEncrypted = 'encrypted' in socket;
  return {
    write: (chunk) => void socket.write(chunk),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => {
      // A reset rather than a FIN: what is unsent must not reach the server later. A socket that
      // is still connecting, is ending because the server has ended, or is below TLS cannot be reset.
      if (socket.connecting || socket.writableEnded || isEncrypted) socket.destroy();
      else socket.resetAndDestroy();
    },
  };
}

/** Resolves a name anew and answers with all its addresses, in random order. */
export function shuffledLookup(random: Random, resolve: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses: LookupAddress[] = typeof found === 'string' ? [] : found;
      const order = error === null ? shuffled(addresses, random) : [];
      const [first] = order;
      if (error !== null || options.all === true) callback(error, order);
      else callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

/** A name with several addresses fails with one error for each and no message of its own. */
function oneOf(error: Error): Error {
  if (!(error instanceof AggregateError) || error.errors.length === 0) return error;
  const reasons = error.errors.map((each) => (each instanceof Error ? each.message : String(each)));
  return new Error(reasons.join(', '), { cause: error });
}
