import { badFrameError, RpcError, statusCode } from '../errors.ts';
import { wasRefused } from '../refusal.ts';
import { getUint16, getUint32, putUint16, putUint32 } from './bytes.ts';
import { FrameFlag } from './constants.ts';

const MAX_TEXT_BYTES = 4096;

/**
 * The body of a STATUS frame: u8 code, u16 + message, u16 + reason, u32 + details. Message and reason
 * are cut at 4 KiB; details are left out when the body would pass `maxBytes`.
 */
export function encodeStatus(error: RpcError, maxBytes: number): Buffer {
  const message = cut(error.message);
  const reason = cut(error.reason ?? '');
  const size = 1 + 2 + message.length + 2 + reason.length + 4;
  let details = error.details;
  if (details !== undefined && size + details.length > maxBytes) details = undefined;
  const body = Buffer.allocUnsafe(size + (details?.length ?? 0));
  body[0] = error.status;
  putUint16(body, 1, message.length);
  message.copy(body, 3);
  let at = 3 + message.length;
  putUint16(body, at, reason.length);
  reason.copy(body, at + 2);
  at += 2 + reason.length;
  putUint32(body, at, details?.length ?? 0);
  if (details !== undefined) body.set(details, at + 4);
  return body;
}

/** The flags of a STATUS frame for `error`. */
export function statusFlags(error: RpcError): number {
  let flags: number = FrameFlag.END;
  if (error.retryable) flags |= FrameFlag.RETRYABLE;
  if (wasRefused(error)) flags |= FrameFlag.NOT_PROCESSED;
  return flags;
}

/** Reads the body of a STATUS frame. Throws RpcError `BAD_FRAME` when a length runs past it. */
export function decodeStatus(flags: number, bytes: Buffer, start: number, end: number): RpcError {
  const messageEnd = start + 3 <= end ? start + 3 + getUint16(bytes, start + 1) : Infinity;
  if (messageEnd + 2 > end) throw badFrameError('the message of a STATUS runs past its frame');
  const reasonEnd = messageEnd + 2 + getUint16(bytes, messageEnd);
  if (reasonEnd + 4 > end) throw badFrameError('the reason of a STATUS runs past its frame');
  const detailsEnd = reasonEnd + 4 + getUint32(bytes, reasonEnd);
  if (detailsEnd > end) throw badFrameError('the details of a STATUS run past its frame');
  const status = bytes[start] as number;
  if (status === 0) throw badFrameError('a STATUS says OK: success is a RESPONSE');
  const reason = bytes.toString('utf8', messageEnd + 2, reasonEnd);
  return new RpcError(statusCode(status), bytes.toString('utf8', start + 3, messageEnd), {
    ...(reason === '' ? {} : { reason }),
    ...(detailsEnd === reasonEnd + 4 ? {} : { details: bytes.subarray(reasonEnd + 4, detailsEnd) }),
    sent: (flags & FrameFlag.NOT_PROCESSED) === 0,
    retryable: (flags & FrameFlag.RETRYABLE) !== 0,
  });
}

/** The text as UTF-8, cut between characters. */
function cut(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return bytes;
  let end = MAX_TEXT_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
