import { parseConversationId } from '@mpim/client';
import type { ChatStore } from '../state/chat-store.ts';
import type { Thread } from '../state/thread.ts';
import { Composer } from './composer.tsx';
import { MessageLog } from './message-log.tsx';

/** One conversation: its messages and the field to write in. */
export function ConversationPane(props: {
  conversationId: string;
  title: string;
  user: string;
  thread: Thread;
  store: ChatStore;
  /** False while a dialog lies over it. */
  active: boolean;
}) {
  const { conversationId, title, user, thread, store, active } = props;
  const parsed = parseConversationId(conversationId);
  return (
    <main className="conversation">
      <header>
        <button type="button" className="back" onClick={() => store.select(undefined)}>
          <span aria-hidden="true">←</span> Back
        </button>
        <h2>{title}</h2>
        {parsed?.kind === 'group' && (
          <span className="hint">
            Others join with the id <code>{parsed.groupId}</code>
          </span>
        )}
      </header>
      <MessageLog
        title={title}
        user={user}
        thread={thread}
        onEarlier={() => void store.loadEarlier(conversationId)}
        onRetry={({ text, clientMsgId }) => store.send(conversationId, text, clientMsgId)}
        onDiscard={({ clientMsgId }) => store.discard(conversationId, clientMsgId)}
      />
      <Composer title={title} active={active} onSend={(text) => store.send(conversationId, text)} />
    </main>
  );
}
