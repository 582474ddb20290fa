/** One table of the report. */
export interface Case {
  readonly name: string;
  readonly call: 'echo' | 'stream';
  readonly payloadBytes: number;
  /** Of one stream. */
  readonly messages: number;
  readonly inFlight: number;
  readonly tls: boolean;
}

/** Messages of one stream. */
const STREAM_MESSAGES = 1000;
const IN_FLIGHT = [1, 64, 128, 512] as const;

/** What calls are judged by: 100 bytes, 128 at once. */
export const BUSY = '100 B, 128 in flight';
/** Latency without company. */
export const ALONE = '100 B, 1 in flight';

/** Every case of a full run. */
export const CASES: readonly Case[] = [
  ...IN_FLIGHT.map((inFlight) => unary(100, inFlight, false)),
  ...IN_FLIGHT.map((inFlight) => unary(4096, inFlight, false)),
  stream(100, 1),
  stream(100, 16),
  stream(4096, 16),
  unary(100, 1, true),
  unary(100, 128, true),
  unary(4096, 128, true),
];

function unary(payloadBytes: number, inFlight: number, tls: boolean): Case {
  const name = `${tls ? 'TLS, ' : ''}${size(payloadBytes)}, ${inFlight} in flight`;
  return { name, call: 'echo', payloadBytes, messages: 1, inFlight, tls };
}

function stream(payloadBytes: number, inFlight: number): Case {
  const name = `streams of ${STREAM_MESSAGES} x ${size(payloadBytes)}, ${inFlight} at once`;
  return { name, call: 'stream', payloadBytes, messages: STREAM_MESSAGES, inFlight, tls: false };
}

/** `4 KB`: as people say it. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${bytes / 1024} KB` : `${bytes / 1024 / 1024} MB`;
}
