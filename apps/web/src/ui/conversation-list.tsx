import type { ConversationSummary } from '@mpim/client';
import type { Thread } from '../state/thread.ts';

/** The conversations with their unread counts. */
export function ConversationList(props: {
  conversations: readonly ConversationSummary[];
  threads: ReadonlyMap<string, Thread>;
  selected: string | undefined;
  loading: boolean;
  onSelect: (conversationId: string) => void;
}) {
  if (props.conversations.length === 0) {
    return <p className="hint">{props.loading ? 'Loading…' : 'No conversations yet.'}</p>;
  }
  return (
    <ul>
      {props.conversations.map((conversation) => {
        const { conversationId, title, kind, unread } = conversation;
        const loaded = props.threads.get(conversationId)?.messages.at(-1);
        const lastMessage = conversation.lastMessage ?? loaded;
        const preview = lastMessage?.content?.text ?? '';
        return (
          <li key={conversationId}>
            <button
              type="button"
              aria-current={conversationId === props.selected ? 'true' : undefined}
              onClick={() => props.onSelect(conversationId)}
            >
              <span className="title">
                {kind === 'group' && <span aria-hidden="true"># </span>}
                {title}
                {kind === 'group' && <span className="visually-hidden">, group</span>}
              </span>
              {unread > 0 && (
                <span className="unread">
                  {unread}
                  <span className="visually-hidden"> unread</span>
                </span>
              )}
              {preview !== '' && (
                <span className="preview">
                  {kind === 'group' && lastMessage !== undefined ? `${lastMessage.sender}: ` : ''}
                  {preview}
                </span>
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
