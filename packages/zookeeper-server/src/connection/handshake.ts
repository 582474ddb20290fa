import {
  type ConnectRequest,
  JuteReader,
  type JuteWriter,
  readConnectRequest,
  writeConnectResponse,
} from '@mpim/zookeeper/protocol';
import type { ServerCore } from '../server-core.ts';
import { NO_PASSWORD } from '../session/session-credentials.ts';
import type { Session, SessionHolder } from '../session/session-tracker.ts';

const NEW_SESSION = 0n;

/** What a connect request comes to. */
export type HandshakeOutcome =
  | { readonly kind: 'session'; readonly session: Session }
  /** The session is gone or the password is wrong: the client is told, then the connection closes. */
  | { readonly kind: 'refused' }
  /** No session can be begun, because the disk is full: the client gets no answer and tries again. */
  | { readonly kind: 'no-room' }
  /** The client has seen a later state than ours: it gets no answer and tries another server. */
  | { readonly kind: 'client-ahead' };

/**
 * Opens a session or takes one over from its former connection, and writes the answer.
 * Throws `ProtocolError` for a frame that is no connect request.
 */
export function handshake(
  core: ServerCore,
  frame: Buffer,
  holder: SessionHolder,
  output: JuteWriter,
): HandshakeOutcome {
  const request = readConnectRequest(new JuteReader(frame));
  if (request.lastZxidSeen > core.tree.lastZxid) return { kind: 'client-ahead' };
  if (request.sessionId === NEW_SESSION && core.pipeline.isFull) return { kind: 'no-room' };
  const session = sessionFor(core, request);
  answer(core, request, session, output);
  if (session === null) return { kind: 'refused' };
  session.holder?.release('session moved to another connection');
  session.holder = holder;
  return { kind: 'session', session };
}

function sessionFor(core: ServerCore, request: ConnectRequest): Session | null {
  const { minSessionTimeoutMs: min, maxSessionTimeoutMs: max } = core.settings;
  const timeoutMs = Math.min(Math.max(request.timeoutMs, min), max);
  if (request.sessionId === NEW_SESSION) return core.openSession(timeoutMs);
  const session = core.sessions.get(request.sessionId);
  if (session === undefined) return null;
  if (!core.credentials.isPassword(session.id, request.password)) return null;
  session.timeoutMs = timeoutMs;
  core.sessions.touch(session, core.now());
  return session;
}

function answer(
  core: ServerCore,
  request: ConnectRequest,
  session: Session | null,
  output: JuteWriter,
): void {
  const mark = output.beginFrame();
  writeConnectResponse(output, {
    protocolVersion: 0,
    timeoutMs: session?.timeoutMs ?? 0,
    sessionId: session?.id ?? 0n,
    password: session === null ? NO_PASSWORD : core.credentials.passwordOf(session.id),
    // A client too old to send the byte would take it for the start of the next frame.
    readOnly: request.readOnly === null ? null : false,
  });
  output.endFrame(mark);
}
