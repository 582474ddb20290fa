import type { Hello } from '../wire/hello.ts';

/** The bodies of both HELLOs as they were sent; what is proven is proven about these. */
export interface Transcript {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** Sends the body of an AUTH frame. */
export type SendAuth = (body: Uint8Array) => void;

/**
 * What happens between HELLO and the first call, on one side of one connection. The steps throw RpcError
 * UNAUTHENTICATED (or reject with it) to refuse the peer; `done` lets calls through.
 */
export interface Handshake {
  /** Which side this is. */
  readonly side: 'client' | 'server';
  /** What this side adds to its HELLO. */
  readonly fields: ReadonlyMap<number, Buffer>;
  /** The peer's HELLO is there. */
  onHello(hello: Hello, transcript: Transcript, send: SendAuth): Step | Promise<Step>;
  /** An AUTH frame is there. */
  onAuth(body: Buffer, send: SendAuth): Step | Promise<Step>;
}

/** `wait`: for the peer's next AUTH. */
export type Step = 'done' | 'wait';
