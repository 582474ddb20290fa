import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** Opens every request but the connect request. */
export interface RequestHeader {
  /** Chosen by the client and echoed in the reply. */
  readonly xid: number;
  /** An `OpCode`; kept as a number because a server must survive unknown ones. */
  readonly type: number;
}

/** Reads a {@link RequestHeader}. */
export function readRequestHeader(input: JuteReader): RequestHeader {
  return { xid: input.int(), type: input.int() };
}

/** Writes a {@link RequestHeader}. */
export function writeRequestHeader(output: JuteWriter, value: RequestHeader): void {
  output.int(value.xid);
  output.int(value.type);
}

/** Opens every reply and notification. A body follows only when `error` is 0. */
export interface ReplyHeader {
  readonly xid: number;
  /** The transaction of a write, the last one seen by the server for a read, 0 for auth. */
  readonly zxid: bigint;
  /** An `ErrorCode`. */
  readonly error: number;
}

/** Reads a {@link ReplyHeader}. */
export function readReplyHeader(input: JuteReader): ReplyHeader {
  return { xid: input.int(), zxid: input.long(), error: input.int() };
}

/** Writes a {@link ReplyHeader}. */
export function writeReplyHeader(output: JuteWriter, value: ReplyHeader): void {
  output.int(value.xid);
  output.long(value.zxid);
  output.int(value.error);
}
