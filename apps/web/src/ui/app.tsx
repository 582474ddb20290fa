import type { Session } from '@mpim/client';
import { useEffect, useState } from 'react';
import { ChatStore } from '../state/chat-store.ts';
import { forgetSession, gatewayAddress, storedSession, storeSession } from '../state/session.ts';
import { Chat } from './chat.tsx';
import { SignIn } from './sign-in.tsx';

/** The page: signed out, or one user's chat. */
export function App() {
  const [session, setSession] = useState(storedSession);
  const [notice, setNotice] = useState('');
  const store = useStore(session);

  if (session === undefined || store === undefined) {
    return (
      <SignIn
        notice={notice}
        onSignedIn={(opened) => {
          storeSession(opened);
          setNotice('');
          setSession(opened);
        }}
      />
    );
  }
  return (
    <Chat
      store={store}
      onEnded={(why) => {
        forgetSession();
        setNotice(why);
        setSession(undefined);
      }}
    />
  );
}

function useStore(session: Session | undefined): ChatStore | undefined {
  const [store, setStore] = useState<ChatStore>();
  useEffect(() => {
    if (session === undefined) return;
    const opened = new ChatStore(gatewayAddress(), session);
    const wake = () => opened.reconnectNow();
    const seen = () => opened.markSelectedRead();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', seen);
    setStore(opened);
    return () => {
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', seen);
      setStore(undefined);
      void opened.close();
    };
  }, [session]);
  return store;
}
