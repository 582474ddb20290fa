import type { Session } from '@mpim/client';

const KEY = 'mpim.session';

/** The session of this tab, if it was signed in before a reload. It goes with the tab. */
export function storedSession(): Session | undefined {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    return isSession(value) && value.expiresAt > Date.now() ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the session over reloads of this tab. */
export function storeSession(session: Session): void {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

/** Forgets it. */
export function forgetSession(): void {
  sessionStorage.removeItem(KEY);
}

function isSession(value: unknown): value is Session {
  return (
    typeof value === 'object' &&
    value !== null &&
    'token' in value &&
    typeof value.token === 'string' &&
    'user' in value &&
    typeof value.user === 'string' &&
    'expiresAt' in value &&
    typeof value.expiresAt === 'number'
  );
}

/** Where the gateway is: this page came from it. */
export function gatewayAddress(): string {
  return location.origin;
}
