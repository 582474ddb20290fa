import type { Message } from '@mpim/client';
import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Outgoing, Thread } from '../state/thread.ts';

/** This close to the end counts as being there, px. */
const NEAR_END = 60;

/**
 * The messages. Stays at the end while new ones come if it was there, and stays where it is when earlier ones
 * are put before. New messages are announced elsewhere, so that earlier ones are not read out when they load.
 */
export function MessageLog(props: {
  title: string;
  user: string;
  thread: Thread;
  onEarlier: () => void;
  onRetry: (outgoing: Outgoing) => void;
  onDiscard: (outgoing: Outgoing) => void;
}) {
  const { user, thread } = props;
  const { messages, outgoing, earlier } = thread;
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const before = useRef({ height: 0, first: 0 });
  const [seenUpTo, setSeenUpTo] = useState(0);
  const first = messages[0]?.seq ?? 0;
  const last = messages.at(-1)?.seq ?? 0;
  const mine = outgoing.length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls whenever the content changes
  useLayoutEffect(() => {
    const element = log.current;
    if (element === null) return;
    const { height, first: firstBefore } = before.current;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
    else if (first < firstBefore) element.scrollTop += element.scrollHeight - height;
    before.current = { height: element.scrollHeight, first };
    if (atEnd.current) setSeenUpTo(last);
  }, [first, last, mine, earlier]);

  useEffect(() => {
    const element = log.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (mine > 0 && log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [mine]);

  const scrolled = () => {
    const element = log.current;
    if (element === null) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    if (atEnd.current) setSeenUpTo(last);
    if (element.scrollTop < NEAR_END && earlier === 'more') props.onEarlier();
  };
  const unseen = messages.filter(({ seq }) => seq > seenUpTo).length;

  return (
    <div className="log-frame">
      <div
        className="log"
        ref={log}
        role="log"
        aria-live="off"
        aria-label={`Messages with ${props.title}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        tabIndex={0}
        onScroll={scrolled}
      >
        <EarlierControl earlier={earlier} onEarlier={props.onEarlier} />
        {earlier === 'none' && messages.length === 0 && outgoing.length === 0 && (
          <p className="hint">Nothing here yet. Write the first message.</p>
        )}
        {messages.map((message, index) => (
          <Fragment key={message.seq}>
            <DayLine message={message} previous={messages[index - 1]} />
            <Bubble message={message} mine={message.sender === user} />
          </Fragment>
        ))}
        {outgoing.map((one) => (
          <OutgoingBubble
            key={one.clientMsgId}
            outgoing={one}
            onRetry={() => props.onRetry(one)}
            onDiscard={() => props.onDiscard(one)}
          />
        ))}
      </div>
      {unseen > 0 && !atEnd.current && (
        <button
          type="button"
          className="jump"
          onClick={() => log.current?.scrollTo({ top: log.current.scrollHeight })}
        >
          {unseen} new <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

function EarlierControl({
  earlier,
  onEarlier,
}: {
  earlier: Thread['earlier'];
  onEarlier: () => void;
}) {
  if (earlier === 'loading') return <p className="hint">Loading…</p>;
  if (earlier !== 'more' && earlier !== 'failed') return null;
  return (
    <button type="button" className="earlier" onClick={onEarlier}>
      {earlier === 'failed' ? 'Loading failed. Try again' : 'Load earlier messages'}
    </button>
  );
}

function DayLine({ message, previous }: { message: Message; previous: Message | undefined }) {
  const day = new Date(message.serverTime).toLocaleDateString();
  if (previous !== undefined && new Date(previous.serverTime).toLocaleDateString() === day) {
    return null;
  }
  return <p className="day">{day}</p>;
}

function Bubble({ message, mine }: { message: Message; mine: boolean }) {
  const sentAt = new Date(message.serverTime);
  return (
    <article className="bubble" data-mine={mine}>
      <span className="author">{mine ? 'You' : message.sender}</span>
      <time dateTime={sentAt.toISOString()}>
        {sentAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
      </time>
      <p className="text">{message.content?.text}</p>
    </article>
  );
}

function OutgoingBubble(props: { outgoing: Outgoing; onRetry: () => void; onDiscard: () => void }) {
  const { text, error } = props.outgoing;
  return (
    <article className="bubble" data-mine="true" data-pending={error === undefined}>
      <span className="author">You</span>
      <span className="status">{error === undefined ? 'Sending…' : 'Not sent'}</span>
      <p className="text">{text}</p>
      {error !== undefined && (
        <div role="alert" className="error">
          {error}
          <div className="buttons">
            <button type="button" onClick={props.onRetry}>
              Try again
            </button>
            <button type="button" onClick={props.onDiscard}>
              Discard
            </button>
          </div>
        </div>
      )}
    </article>
  );
}
