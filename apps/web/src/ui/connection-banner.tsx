import type { ConnectionState } from '@mpim/client';
import { useEffect, useState } from 'react';

/** Says where the connection stands, unless all is well. */
export function ConnectionBanner(props: { state: ConnectionState; onRetry: () => void }) {
  const { state } = props;
  const seconds = useSecondsUntil(state.kind === 'offline' ? state.retryAt : undefined);
  const text = {
    connecting: 'Connecting…',
    syncing: 'Fetching messages…',
    online: '',
    offline: `Not connected. Trying again in ${seconds} s.`,
    closed: 'Disconnected.',
  }[state.kind];
  return (
    <div className="banner" data-state={state.kind}>
      {/* The countdown is for the eye; a reader hears the state once. */}
      <span role="status" className="visually-hidden">
        {state.kind === 'online' ? 'Connected' : text.replace(/ Trying.*/, '')}
      </span>
      {text !== '' && <span aria-hidden="true">{text}</span>}
      {state.kind === 'offline' && (
        <button type="button" onClick={props.onRetry}>
          Try now
        </button>
      )}
    </div>
  );
}

function useSecondsUntil(time: number | undefined): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (time === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [time]);
  return time === undefined ? 0 : Math.max(0, Math.ceil((time - now) / 1000));
}
