/** Byte streams as this package sees them: TCP, TLS and in-memory are beside it, others plug in. */

/** Where a peer listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Receives what happens on a socket. After `onClose` nothing more is called. */
export interface SocketHandler {
  /** Connected (accepted sockets are from the start; it is not called for them). */
  onOpen(): void;
  /** The bytes belong to the receiver. True when it has done with them: their memory may be used again at once. */
  onData(chunk: Buffer): boolean;
  /** Everything written has left; called after `write` had to hold bytes back. */
  onDrain(): void;
  /** The socket is gone. `error` tells why when it was not an orderly end. */
  onClose(error: Error | undefined): void;
}

/** One byte stream. */
export interface TransportSocket {
  /** The other side, for messages: `127.0.0.1:4711`. */
  readonly peer: string;
  /** The name in the peer's certificate, when it showed one and an authority of ours vouches for it. */
  readonly tlsSubject?: string | undefined;
  /** Resolves when the socket is gone for good. */
  readonly closed: Promise<void>;
  /** Bytes written that have not left yet. */
  readonly bufferedBytes: number;
  /** Sets the receiver; data flows from then on. */
  setHandler(handler: SocketHandler): void;
  /** Sends bytes. True when the chunk may be overwritten at once, false when it must stay as it is. */
  write(chunk: Uint8Array): boolean;
  /** Stops reading until `resume`. */
  pause(): void;
  resume(): void;
  /** Sends what is written, then closes, whether or not the peer closes its side. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A listening address. */
export interface TransportListener {
  readonly host: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  /** Stops accepting; accepted sockets live on. */
  close(): Promise<void>;
}

/** Makes byte streams. */
export interface Transport {
  /** Begins to connect; the handler hears `onOpen` or `onClose`. */
  connect(address: Address): TransportSocket;
  /** Listens. Rejects with the system's error (`EADDRINUSE`, …) when it cannot. */
  listen(address: Address, onSocket: (socket: TransportSocket) => void): Promise<TransportListener>;
}
