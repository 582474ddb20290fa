import type { RpcError } from '../errors.ts';
import type { FrameSink } from '../wire/frame-decoder.ts';

/** What uses a link: a client's or a server's connection. */
export interface LinkOwner extends FrameSink {
  /** Both HELLOs are exchanged, and both sides content with each other: calls may be sent. */
  onReady(): void;
  /** Everything written has left, after `bufferedBytes` had grown. */
  onDrain(): void;
  /** The link is gone, and why. Called once; nothing is called after it. */
  onClose(error: RpcError): void;
}
