import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type ConnectRequest,
  type ConnectResponse,
  FrameDecoder,
  JuteReader,
  JuteWriter,
  OpCode,
  type ReplyHeader,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  SpecialXid,
  type WatcherEvent,
  writeConnectRequest,
  writeRequestHeader,
} from '@mpim/zookeeper/protocol';

/** How long a server may take for an answer. */
const WAIT_MS = 20_000;

/** A reply with its body still encoded. */
export interface RawReply extends ReplyHeader {
  readonly body: JuteReader;
}

/** What a server sent, in the order it came. */
export type Received =
  | { readonly kind: 'event'; readonly event: WatcherEvent }
  | { readonly kind: 'reply'; readonly reply: RawReply };

/** One connection spoken to record by record, so that tests see exactly what goes over the wire. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** Everything after the connect response. */
  readonly received: Received[] = [];
  /** The connect response, once it has come. */
  session: ConnectResponse | null = null;
  closed = false;
  /** Largest frame taken: answers may be longer than requests. */
  readonly #decoder = new FrameDecoder(64 << 20);
  #nextXid = 1;
  #taken = 0;
  readonly #waiting = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.#receive(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
      this.#check();
    });
  }

  /** Connects and opens a session. */
  static async open(port: number, request: Partial<ConnectRequest> = {}): Promise<RawClient> {
    const client = new RawClient(port);
    client.socket.write(connectFrame(request));
    await client.until(() => client.session !== null);
    return client;
  }

  get events(): WatcherEvent[] {
    return this.received.flatMap((item) => (item.kind === 'event' ? [item.event] : []));
  }

  /** Events that came since the last call. */
  takeEvents(): WatcherEvent[] {
    const fresh = this.events.slice(this.#taken);
    this.#taken += fresh.length;
    return fresh;
  }

  /** Waits until what has come makes the condition true, or the connection has ended. */
  async until(condition: () => boolean): Promise<void> {
    if (this.closed || condition()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error('waited in vain for a server')), WAIT_MS);
    const check = (): void => {
      if (this.closed || condition()) resolve();
    };
    this.#waiting.add(check);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  #check(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Sends a request and waits for its reply, or for the end of the connection (null). */
  async request(
    op: number,
    writeBody: (output: JuteWriter) => void = () => {},
    xid: number = this.#nextXid++,
  ): Promise<RawReply | null> {
    const from = this.received.length;
    this.socket.write(requestFrame(op, xid, writeBody));
    const isReply = (item: Received) => item.kind === 'reply' && item.reply.xid === xid;
    const found = () => this.received.slice(from).find(isReply);
    await this.until(() => found() !== undefined);
    const item = found();
    return item?.kind === 'reply' ? item.reply : null;
  }

  /** Waits until everything sent before has been answered. */
  async ping(): Promise<RawReply | null> {
    return this.request(OpCode.ping, undefined, SpecialXid.ping);
  }

  async whenClosed(): Promise<void> {
    if (!this.closed) await once(this.socket, 'close');
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#decoder.push(chunk);
    for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) {
      const input = new JuteReader(frame);
      if (this.session === null) {
        this.session = readConnectResponse(input);
        continue;
      }
      const header = readReplyHeader(input);
      this.received.push(
        header.xid === SpecialXid.notification
          ? { kind: 'event', event: readWatcherEvent(input) }
          : { kind: 'reply', reply: { ...header, body: input } },
      );
    }
    this.#check();
  }
}

/** The bytes of a connect request. */
export function connectFrame(request: Partial<ConnectRequest> = {}): Buffer {
  return frameOf((output) =>
    writeConnectRequest(output, {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeoutMs: 10_000,
      sessionId: 0n,
      password: null,
      readOnly: false,
      ...request,
    }),
  );
}

/** The bytes of a request. */
export function requestFrame(
  op: number,
  xid: number,
  writeBody: (output: JuteWriter) => void = () => {},
): Buffer {
  return frameOf((output) => {
    writeRequestHeader(output, { xid, type: op });
    writeBody(output);
  });
}

/** Bytes with their length in front. */
export function frameOf(write: (output: JuteWriter) => void): Buffer {
  const output = new JuteWriter();
  const mark = output.beginFrame();
  write(output);
  output.endFrame(mark);
  return output.take();
}
