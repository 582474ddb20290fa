import type { Compression } from '../compression/compression.ts';
import type { MethodDefinition } from '../definition.ts';
import type { RpcError } from '../errors.ts';
import type { Identified } from '../transport/call-table.ts';
import type { FrameLink } from '../transport/frame-link.ts';
import type { Metadata } from '../wire/metadata.ts';

/** A method as it travels. */
export interface OutgoingMethod {
  /** Its number on every connection of the channel. */
  readonly number: number;
  /** For people: `/UserServiceRpc/Login`. */
  readonly label: string;
  /** What travels: `/mpim.v1.UserServiceRpc/Login`. */
  readonly wirePath: Buffer;
  readonly definition: MethodDefinition;
  /** True unless request and response are one message each. */
  readonly streams: boolean;
}

/** The connection a call was sent on, as the call sees it. */
export interface CallCarrier {
  readonly link: FrameLink;
  /** The caller no longer waits: the answer, if one comes, is dropped, and the peer may stop working. */
  cancel(id: number): void;
}

/** A call as the address and the connection it goes to see it. */
export interface OutgoingCall extends Identified {
  readonly method: OutgoingMethod;
  readonly payload: Uint8Array;
  readonly metadata: Metadata | undefined;
  /** Answered, failed or given up. */
  readonly isDone: boolean;
  /** Whole milliseconds until the deadline, at least 1; Infinity without one. */
  remainingMs(): number;
  /** True when an instance that is well and has not failed this call is at another address. */
  hasAlternativeTo(endpoint: object): boolean;
  /** The connection has written the request. `mark`: see FrameLink. */
  sentOn(carrier: CallCarrier, mark: number): void;
  /** The answer is there; compressed, if `packedBy` is given. */
  receive(bytes: Buffer, start: number, end: number, packedBy: Compression | undefined): void;
  /** Ends the call with this error, whatever could still be tried. */
  reject(error: unknown): void;
  /** Ends the call with this error and tells the peer, if it was sent, to stop working on it. */
  giveUp(error: RpcError): void;
  /** An attempt failed on the way, not by a handler's answer. */
  attemptFailed(error: RpcError): void;
  /** The connection broke while the answer was awaited. */
  connectionLost(cause: RpcError): void;
}
