import type { Message } from '@mpim/client';

/** A message on its way out. */
export interface Outgoing {
  readonly clientMsgId: string;
  readonly text: string;
  /** Why it was refused; `undefined` while it is on its way. */
  readonly error: string | undefined;
}

/** What is known of the messages before the first one shown. */
export type Earlier = 'unknown' | 'loading' | 'more' | 'none' | 'failed';

/** The messages of one conversation, as shown: stored ones by seq, then those on their way. */
export interface Thread {
  readonly messages: readonly Message[];
  readonly outgoing: readonly Outgoing[];
  readonly earlier: Earlier;
}

export const EMPTY_THREAD: Thread = { messages: [], outgoing: [], earlier: 'unknown' };

/** With more stored messages: in seq order, each once; those on their way that have arrived are no longer so. */
export function withMessages(thread: Thread, added: readonly Message[]): Thread {
  if (added.length === 0) return thread;
  const bySeq = new Map(thread.messages.map((message) => [message.seq, message]));
  for (const message of added) bySeq.set(message.seq, message);
  const messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return { ...thread, messages };
}

/** With a message on its way, or with news about it. */
export function withOutgoing(thread: Thread, outgoing: Outgoing): Thread {
  const others = thread.outgoing.filter(({ clientMsgId }) => clientMsgId !== outgoing.clientMsgId);
  return { ...thread, outgoing: [...others, outgoing] };
}

/** Without a message on its way: it has arrived or was given up. */
export function withoutOutgoing(thread: Thread, clientMsgId: string): Thread {
  const outgoing = thread.outgoing.filter((one) => one.clientMsgId !== clientMsgId);
  return { ...thread, outgoing };
}
