import { MAX_FRAME_BYTES, ProtocolError } from '../../protocol/index.ts';
import { badArgument } from '../arguments.ts';

/** Answers may be larger than requests: listings have no limit of their own. */
const DEFAULT_MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** What a handshake, a path and their headers need at the least. */
const LEAST_PACKET_BYTES = 1024;
/** Data and listings that servers allow by default need more; less would take long paths in events for answers. */
const LEAST_ANSWER_BYTES = 64 * 1024;
const MOST_BYTES = 1 << 30;

/** How long frames may be, in bytes without their length. */
export interface PacketLimits {
  readonly maxPacketBytes: number;
  readonly maxAnswerBytes: number;
}

/** The limits with the defaults filled in. Throws `BAD_ARGUMENTS` for what is no limit. */
export function packetLimits(options: {
  readonly maxPacketBytes?: number | undefined;
  readonly maxAnswerBytes?: number | undefined;
}): PacketLimits {
  const { maxPacketBytes = MAX_FRAME_BYTES, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
  requireWithin('maxPacketBytes', maxPacketBytes, LEAST_PACKET_BYTES);
  requireWithin('maxAnswerBytes', maxAnswerBytes, LEAST_ANSWER_BYTES);
  return { maxPacketBytes, maxAnswerBytes };
}

/** What is wrong with a request that is too long. */
export function requestTooLong(bytes: number, maxPacketBytes: number): string {
  return `${bytes} bytes are more than options.maxPacketBytes, ${maxPacketBytes}: split it, or raise that and the servers' jute.maxbuffer`;
}

/** What is wrong when a frame could not be read because it is an answer that is too long; null for other reasons. */
export function answerTooLong(cause: unknown, { maxAnswerBytes }: PacketLimits): string | null {
  if (!(cause instanceof ProtocolError) || cause.code !== 'FRAME_LENGTH') return null;
  const { length = -1 } = cause;
  // What no option could allow is no answer.
  if (length < 0 || length > MOST_BYTES) return null;
  return `the answer's ${length} bytes are more than options.maxAnswerBytes, ${maxAnswerBytes}: ask for less, or raise that`;
}

function requireWithin(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= MOST_BYTES) return;
  throw badArgument(`options.${name}`, value, `whole bytes from ${least} to ${MOST_BYTES}`);
}
