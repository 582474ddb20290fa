import { invalidArgument } from '@mpim/service-kit';
import type { StoredMessage } from '../store/stored-message.ts';

/** How much one answer may hold. */
export interface PageLimits {
  /** Messages of one conversation when the request does not say. */
  readonly defaultMessages: number;
  /** Messages of one conversation at most. */
  readonly maxMessages: number;
  /** Bytes of text in one answer, all conversations together; one message always fits. */
  readonly maxBytes: number;
}

/** Messages per conversation for a requested limit: 0 is the default, more than the most is the most. */
export function pageSize(limits: PageLimits, requested: number): number {
  if (requested === 0) return limits.defaultMessages;
  if (requested > 0) return Math.min(requested, limits.maxMessages);
  throw invalidArgument('limit', 'is negative', `ask for 1 to ${limits.maxMessages} messages`);
}

/** The messages from the start whose texts fit into `budget` bytes; with `atLeastOne` the first fits always. */
export function fittingPrefix(
  messages: readonly StoredMessage[],
  budget: number,
  atLeastOne: boolean,
): { messages: StoredMessage[]; bytes: number } {
  const fitting: StoredMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.text);
    if (bytes + size > budget && !(atLeastOne && fitting.length === 0)) break;
    bytes += size;
    fitting.push(message);
  }
  return { messages: fitting, bytes };
}
