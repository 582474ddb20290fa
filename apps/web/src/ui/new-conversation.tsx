import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { type ChatStore, reasonOf } from '../state/chat-store.ts';

/** The dialog that starts a direct conversation, creates a group or joins one. */
export function NewConversation({ store, onDone }: { store: ChatStore; onDone: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');
  // The native dialog keeps the focus inside and gives it back; Escape closes it.
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);

  const attempt = async (action: () => void | Promise<void>) => {
    setError('');
    try {
      await action();
      onDone();
    } catch (thrown) {
      setError(reasonOf(thrown));
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby="new-title" onClose={onDone}>
      <h2 id="new-title">New conversation</h2>
      <Field
        label="User name"
        action="Open chat"
        onSubmit={(v) => attempt(() => store.openDirect(v))}
      />
      <Field
        label="Name of a new group"
        action="Create group"
        onSubmit={(v) => attempt(() => store.createGroup(v))}
      />
      <Field
        label="Id of a group"
        action="Join group"
        onSubmit={(v) => attempt(() => store.joinGroup(v))}
      />
      {error !== '' && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      <button type="button" onClick={onDone}>
        Cancel
      </button>
    </dialog>
  );
}

function Field(props: {
  label: string;
  action: string;
  onSubmit: (value: string) => Promise<void>;
}): ReactNode {
  const [value, setValue] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = value.trim();
    if (trimmed !== '') void props.onSubmit(trimmed);
  };
  return (
    <form className="field" onSubmit={submit}>
      <label>
        {props.label}
        <input
          value={value}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={100}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      <button type="submit">{props.action}</button>
    </form>
  );
}
