import { styleText } from 'node:util';
import type { ConnectionState, ConversationSummary } from '@mpim/client';
import type { Message } from '@mpim/protocol';
import { printable, printableLine } from '../terminal/printable.ts';

const NAME_COLOURS = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
] as const;

/** How much of a message a notice shows. */
const PREVIEW_CHARACTERS = 60;

/** A user's name, always in the same colour. */
export function colouredName(user: string): string {
  let hash = 0;
  for (const character of user) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return styleText(NAME_COLOURS[hash % NAME_COLOURS.length] ?? 'cyan', printableLine(user));
}

/** `16:04`, or with the date when it is not of today. */
export function clockTime(unixMs: number, now = Date.now()): string {
  const date = new Date(unixMs);
  const time = date.toTimeString().slice(0, 5);
  if (date.toDateString() === new Date(now).toDateString()) return time;
  const month = String(date.getMonth() + 1).padStart(2, '0');
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, '0')} ${time}`;
}

/** A message as a line of the log; further lines of its text are indented below. */
export function messageLine(message: Message): string {
  const text = printable(message.content?.text ?? '').replaceAll('\n', '\n      ');
  const time = styleText('dim', clockTime(message.serverTime));
  return `${time} ${colouredName(message.sender)}: ${text}`;
}

/** A notice of a message in a conversation that is not open. */
export function noticeLine(message: Message, conversation: ConversationSummary): string {
  const text = printableLine(message.content?.text ?? '');
  const preview =
    text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS - 1)}…` : text;
  const where = conversation.kind === 'group' ? ` in ${printableLine(conversation.title)}` : '';
  const unread = conversation.unread > 1 ? ` (${conversation.unread} unread)` : '';
  return `${styleText('yellow', '●')} ${colouredName(message.sender)}${where}${unread}: ${styleText('dim', preview)}`;
}

/** What a person types to open a conversation. */
export function handleOf({ kind, title, conversationId }: ConversationSummary): string {
  return kind === 'direct' ? title : conversationId.slice('group:'.length);
}

/** The conversation list, unread ones marked. */
export function listLines(conversations: readonly ConversationSummary[], open?: string): string[] {
  if (conversations.length === 0)
    return ['No conversations yet. Write to somebody: /msg <user> <text>'];
  return conversations.map((conversation) => {
    const { kind, title, unread, conversationId } = conversation;
    const mark = conversationId === open ? '>' : unread > 0 ? '●' : ' ';
    const name = printableLine(title);
    const group = kind === 'group' ? styleText('dim', ` (group ${handleOf(conversation)})`) : '';
    const count = unread > 0 ? styleText('yellow', ` ${unread} unread`) : '';
    return `${mark} ${kind === 'group' ? `#${name}` : name}${group}${count}`;
  });
}

/** The prompt: the open conversation, and how much is unread in the others. */
export function promptFor(
  conversations: readonly ConversationSummary[],
  open: string | undefined,
): string {
  const current = conversations.find(({ conversationId }) => conversationId === open);
  const others = conversations.filter(({ conversationId }) => conversationId !== open);
  const unread = others.reduce((sum, one) => sum + one.unread, 0);
  const name = current
    ? `${current.kind === 'group' ? '#' : ''}${printableLine(current.title)}`
    : '';
  const count = unread > 0 ? styleText('yellow', `(${unread}) `) : '';
  return `${count}${styleText('bold', name)}> `;
}

/** The connection's state in words; undefined for what is not worth a line. */
export function stateLine(state: ConnectionState, now = Date.now()): string | undefined {
  switch (state.kind) {
    case 'online':
      return styleText('green', 'Connected.');
    case 'offline': {
      const seconds = Math.max(1, Math.round((state.retryAt - now) / 1000));
      const reason = printableLine(state.error.message);
      return styleText('yellow', `Not connected (${reason}). Next attempt in ${seconds} s.`);
    }
    case 'closed':
      return styleText('red', `Disconnected: ${printableLine(state.error.message)}`);
    default:
      return undefined;
  }
}
