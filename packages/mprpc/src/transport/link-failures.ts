import { RpcError } from '../errors.ts';

const NO_PEER =
  '; it has not said HELLO: is it mprpc that listens there, and do both sides use TLS or neither?';

/** What was under way when the socket went. */
export interface LostLink {
  readonly peer: string;
  /** A frame was cut. */
  readonly isMidFrame: boolean;
  /** The peer has said HELLO. */
  readonly wasGreeted: boolean;
}

/** The socket is gone, by the peer's end or by `error`: UNAVAILABLE, reason `CONNECTION_LOST`. */
export function linkLost(
  { peer, isMidFrame, wasGreeted }: LostLink,
  error: (Error & { code?: string }) | undefined,
): RpcError {
  const where = isMidFrame ? ' in the middle of a frame' : '';
  // It hung up, or said something that is no TLS.
  const hint = !wasGreeted && (error === undefined || error.code === 'EPROTO') ? NO_PEER : '';
  return new RpcError(
    'UNAVAILABLE',
    error === undefined
      ? `${peer} closed the connection${where}${hint}`
      : `the connection to ${peer} failed${where}: ${error.message}${hint}`,
    { reason: 'CONNECTION_LOST', ...(error === undefined ? {} : { cause: error }) },
  );
}

/** The peer is dead: UNAVAILABLE, reason `PEER_DEAD`. */
export function peerSilent(peer: string): RpcError {
  return new RpcError('UNAVAILABLE', `${peer} is silent: it did not answer a ping`, {
    reason: 'PEER_DEAD',
  });
}
