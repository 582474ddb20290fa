import { badFrameError } from '../errors.ts';
import { getUint32, putUint32 } from './bytes.ts';

/** "Send me no more": the calls after `lastId` were not and will not be looked at. */
export interface Goaway {
  /** The last call id that was accepted. */
  lastId: number;
  /** One of `GoawayCode`. */
  code: number;
  message: string;
}

/** The body of a GOAWAY frame. */
export function encodeGoaway(goaway: Goaway): Buffer {
  const message = Buffer.from(goaway.message.slice(0, 512));
  const body = Buffer.allocUnsafe(5 + message.length);
  putUint32(body, 0, goaway.lastId);
  body[4] = goaway.code;
  message.copy(body, 5);
  return body;
}

/** Reads the body of a GOAWAY frame. Throws RpcError `BAD_FRAME` when it is too short. */
export function decodeGoaway(bytes: Buffer, start: number, end: number): Goaway {
  if (end - start < 5) throw badFrameError('a GOAWAY is shorter than 5 bytes');
  return {
    lastId: getUint32(bytes, start),
    code: bytes[start + 4] as number,
    message: bytes.toString('utf8', start + 5, end),
  };
}

/** True when call id `a` was given out after `b`. Ids are 32 bits and wrap around. */
export function isLater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}
