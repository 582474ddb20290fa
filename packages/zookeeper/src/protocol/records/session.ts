import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** First frame of a connection: opens a session or takes one up again. */
export interface ConnectRequest {
  readonly protocolVersion: number;
  /** Highest zxid the client has seen; a server behind it must refuse. */
  readonly lastZxidSeen: bigint;
  /** Session timeout asked for, ms. */
  readonly timeoutMs: number;
  /** 0 for a new session. */
  readonly sessionId: bigint;
  readonly password: Buffer | null;
  /** Whether a read-only server will do; null when the client is too old to send the byte. */
  readonly readOnly: boolean | null;
}

/** Reads a {@link ConnectRequest}. */
export function readConnectRequest(input: JuteReader): ConnectRequest {
  return {
    protocolVersion: input.int(),
    lastZxidSeen: input.long(),
    timeoutMs: input.int(),
    sessionId: input.long(),
    password: input.buffer(),
    readOnly: readOptionalBool(input),
  };
}

/** Writes a {@link ConnectRequest}. */
export function writeConnectRequest(output: JuteWriter, value: ConnectRequest): void {
  output.int(value.protocolVersion);
  output.long(value.lastZxidSeen);
  output.int(value.timeoutMs);
  output.long(value.sessionId);
  output.buffer(value.password);
  if (value.readOnly !== null) output.bool(value.readOnly);
}

/** Answer to a {@link ConnectRequest}; all zero when the session is gone. */
export interface ConnectResponse {
  readonly protocolVersion: number;
  /** Session timeout granted, ms; 0 or less when the session has expired. */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Buffer | null;
  /** Whether the server is read-only; null when absent (sent only if the client sent its byte). */
  readonly readOnly: boolean | null;
}

/** Reads a {@link ConnectResponse}. */
export function readConnectResponse(input: JuteReader): ConnectResponse {
  return {
    protocolVersion: input.int(),
    timeoutMs: input.int(),
    sessionId: input.long(),
    password: input.buffer(),
    readOnly: readOptionalBool(input),
  };
}

/** Writes a {@link ConnectResponse}. */
export function writeConnectResponse(output: JuteWriter, value: ConnectResponse): void {
  output.int(value.protocolVersion);
  output.int(value.timeoutMs);
  output.long(value.sessionId);
  output.buffer(value.password);
  if (value.readOnly !== null) output.bool(value.readOnly);
}

function readOptionalBool(input: JuteReader): boolean | null {
  return input.remaining > 0 ? input.bool() : null;
}
