import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ChatStore } from '../state/chat-store.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { ConversationList } from './conversation-list.tsx';
import { ConversationPane } from './conversation-pane.tsx';
import { NewConversation } from './new-conversation.tsx';

const ENDED: Readonly<Record<string, string>> = {
  'session-revoked': 'This session has ended. Sign in again.',
  unauthenticated: 'Your session is no longer valid. Sign in again.',
  replaced: 'You are signed in elsewhere.',
  'logged-out': 'You are signed out.',
};

/** The chat of a signed-in user. Alt+Up and Alt+Down change the conversation, Escape goes back. */
export function Chat({ store, onEnded }: { store: ChatStore; onEnded: (why: string) => void }) {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const [adding, setAdding] = useState(false);
  const { connection, conversations, selected } = state;

  useEffect(() => {
    if (connection.kind !== 'closed' || connection.reason === 'closed') return;
    onEnded(ENDED[connection.reason] ?? '');
  }, [connection, onEnded]);

  const unread = conversations.reduce((sum, conversation) => sum + conversation.unread, 0);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) MPIM` : 'MPIM';
  }, [unread]);

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (adding) return;
      if (event.key === 'Escape' && selected !== undefined) {
        store.select(undefined);
        event.preventDefault();
      }
      if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
      event.preventDefault();
      const ids = conversations.map(({ conversationId }) => conversationId);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const at = selected === undefined ? -1 : ids.indexOf(selected);
      const next = at === -1 ? (step === 1 ? 0 : ids.length - 1) : at + step;
      const id = ids[(next + ids.length) % ids.length];
      if (id !== undefined) store.select(id);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [store, conversations, selected, adding]);

  return (
    <div className="chat" data-view={selected === undefined ? 'list' : 'conversation'}>
      <header className="top">
        <h1>MPIM</h1>
        <span className="who">
          Signed in as <strong>{state.user}</strong>
        </span>
        <button type="button" onClick={() => void store.logout()}>
          Sign out
        </button>
      </header>
      <ConnectionBanner state={connection} onRetry={() => store.reconnectNow()} />
      <nav className="conversations" aria-label="Conversations">
        <button type="button" className="primary" onClick={() => setAdding(true)}>
          New conversation
        </button>
        <ConversationList
          conversations={conversations}
          threads={state.threads}
          selected={selected}
          loading={connection.kind !== 'online' && conversations.length === 0}
          onSelect={(id) => store.select(id)}
        />
      </nav>
      {selected === undefined ? (
        <main className="empty">
          <p>Choose a conversation, or start a new one.</p>
          <p className="hint">
            <kbd>Alt</kbd>+<kbd>↑</kbd> and <kbd>Alt</kbd>+<kbd>↓</kbd> move between conversations.
          </p>
        </main>
      ) : (
        <ConversationPane
          key={selected}
          conversationId={selected}
          title={store.title(selected)}
          user={state.user}
          thread={store.thread(selected)}
          store={store}
          active={!adding}
        />
      )}
      <div className="visually-hidden" aria-live="polite">
        {state.announcement}
      </div>
      {adding && <NewConversation store={store} onDone={() => setAdding(false)} />}
    </div>
  );
}
