import { badFrameError } from '../errors.ts';
import { getUint32, putUint32 } from './bytes.ts';

/** The body of a WINDOW frame: so many more bytes of DATA may be sent. */
export function encodeWindow(bytes: number): Buffer {
  const body = Buffer.allocUnsafe(4);
  putUint32(body, 0, bytes);
  return body;
}

/** Reads the body of a WINDOW frame. Throws RpcError `BAD_FRAME` when it is not 4 bytes. */
export function decodeWindow(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4) throw badFrameError('a WINDOW is not 4 bytes long');
  return getUint32(bytes, start);
}
