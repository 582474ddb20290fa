import type { ClientConnection } from '../socket/client-connection.ts';

/** How long a closed session is remembered: longer than any hello takes to be authenticated. */
const REVOKED_MEMORY_MS = 60_000;

/** What the registry tells. */
export interface RegistryListener {
  /** The user's first connection came. */
  online(user: string): void;
  /** The user's last connection went. */
  offline(user: string): void;
}

/** Which connections there are, by user and by session. Only authenticated ones are in here. */
export class ConnectionRegistry {
  readonly #byUser = new Map<string, Set<ClientConnection>>();
  readonly #bySession = new Map<string, Set<ClientConnection>>();
  readonly #revoked = new Map<string, number>();
  readonly #listener: RegistryListener;

  constructor(listener: RegistryListener) {
    this.#listener = listener;
  }

  /** False when the session was closed while the connection was being authenticated: it must not be served. */
  add(connection: ClientConnection, user: string, sessionId: string): boolean {
    if (this.#isRevoked(sessionId)) return false;
    const first = addTo(this.#byUser, user, connection);
    addTo(this.#bySession, sessionId, connection);
    if (first) this.#listener.online(user);
    return true;
  }

  remove(connection: ClientConnection, user: string, sessionId: string): void {
    removeFrom(this.#bySession, sessionId, connection);
    if (removeFrom(this.#byUser, user, connection)) this.#listener.offline(user);
  }

  ofUser(user: string): Iterable<ClientConnection> {
    return this.#byUser.get(user) ?? [];
  }

  /** The connections of a session that ended. It is remembered, so that no connection of it is added later. */
  revoke(sessionId: string): ClientConnection[] {
    const now = Date.now();
    for (const [id, at] of this.#revoked) {
      if (now - at < REVOKED_MEMORY_MS) break;
      this.#revoked.delete(id);
    }
    this.#revoked.set(sessionId, now);
    return [...(this.#bySession.get(sessionId) ?? [])];
  }

  isOnline(user: string): boolean {
    return this.#byUser.has(user);
  }

  get users(): number {
    return this.#byUser.size;
  }

  #isRevoked(sessionId: string): boolean {
    return this.#revoked.has(sessionId);
  }
}

/** True when it is the key's first. */
function addTo(
  map: Map<string, Set<ClientConnection>>,
  key: string,
  connection: ClientConnection,
): boolean {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([connection]));
  else set.add(connection);
  return set === undefined;
}

/** True when it was the key's last. */
function removeFrom(
  map: Map<string, Set<ClientConnection>>,
  key: string,
  connection: ClientConnection,
): boolean {
  const set = map.get(key);
  if (set?.delete(connection) !== true || set.size > 0) return false;
  map.delete(key);
  return true;
}
