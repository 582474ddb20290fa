import { type KeyboardEvent, useEffect, useRef, useState } from 'react';

/** Where a message is written. Enter sends, Shift+Enter starts a new line. Takes the focus when it becomes active. */
export function Composer(props: {
  title: string;
  active: boolean;
  onSend: (text: string) => void;
}) {
  const { title, active, onSend } = props;
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (active) field.current?.focus();
  }, [active]);

  const send = () => {
    if (text.trim() === '') return;
    onSend(text);
    setText('');
    field.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        aria-label={`Message to ${title}`}
        placeholder={`Message to ${title}`}
        rows={Math.min(6, text.split('\n').length)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={pressed}
      />
      <button type="submit" className="primary" disabled={text.trim() === ''}>
        Send
      </button>
    </form>
  );
}
