import { Socket, type SocketConstructorOpts } from 'node:net';

const READ_BYTES = 64 * 1024;

/** What all connections are read into: what one of them has sent is handled before the next one is read. */
const memory = Buffer.allocUnsafeSlow(READ_BYTES);
/** Its part that was filled last: requests of one kind are mostly of one length. */
let chunk = memory;

/** A socket's connection as Node has it, which has no public name. */
interface Carrier {
  _handle: { readonly useUserBuffer?: unknown } | null;
}

/**
 * The same connection, read into memory that all share and past the stream; else each read, most of a hundred bytes,
 * costs 64 KB of memory and the stream's own work (docs/decisions/0014-reads-in-place.md). What `data` hands out is
 * good until the listener returns.
 *
 * Node has that for sockets that connect (`onread`), and not for those it accepts: so another socket takes over what is
 * below the accepted one. Where Node no longer is as this expects, the accepted socket is returned; nothing may have
 * been read from it yet (`pauseOnConnect`).
 */
export function readInPlace(accepted: Socket): Socket {
  const carrier = accepted as unknown as Carrier;
  const handle = carrier._handle;
  if (typeof handle?.useUserBuffer !== 'function') return accepted;
  carrier._handle = null;
  const callback = (bytes: number): boolean => {
    if (bytes !== chunk.length) chunk = memory.subarray(0, bytes);
    socket.emit('data', chunk);
    return true;
  };
  const { allowHalfOpen } = accepted;
  const options = { handle, allowHalfOpen, onread: { buffer: memory, callback } };
  const socket = new Socket(options as unknown as SocketConstructorOpts);
  // It counts among its server's connections until then.
  socket.once('close', () => accepted.destroy());
  return socket;
}
