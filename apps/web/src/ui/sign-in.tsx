import { MpimClient, type Session } from '@mpim/client';
import { type FormEvent, useState } from 'react';
import { reasonOf } from '../state/chat-store.ts';
import { gatewayAddress } from '../state/session.ts';

/** The form to sign in, or to sign up and in. */
export function SignIn(props: { notice: string; onSignedIn: (session: Session) => void }) {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const pressed = (event.nativeEvent as SubmitEvent).submitter;
    const account = { gateway: gatewayAddress(), user: user.trim().toLowerCase(), password };
    setBusy(true);
    setError('');
    try {
      if (pressed?.getAttribute('value') === 'sign-up') await MpimClient.register(account);
      props.onSignedIn(await MpimClient.login({ ...account, device: 'web' }));
    } catch (thrown) {
      setError(reasonOf(thrown));
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <h1>MPIM</h1>
      <form onSubmit={submit} aria-busy={busy}>
        {props.notice !== '' && <p role="status">{props.notice}</p>}
        <label>
          User name
          <input
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={32}
            value={user}
            onChange={(event) => setUser(event.target.value)}
          />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        {error !== '' && (
          <p role="alert" className="error">
            {error}
          </p>
        )}
        <div className="buttons">
          <button type="submit" name="action" value="sign-in" className="primary" disabled={busy}>
            Sign in
          </button>
          <button type="submit" name="action" value="sign-up" disabled={busy}>
            Sign up
          </button>
        </div>
        <p className="hint">A user name has 1 to 32 of a–z, 0–9, dot, dash and underscore.</p>
      </form>
    </main>
  );
}
