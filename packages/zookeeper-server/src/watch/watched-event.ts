import {
  type Acl,
  ErrorCode,
  type EventType,
  JuteWriter,
  KeeperState,
  SpecialXid,
  writeReplyHeader,
  writeWatcherEvent,
} from '@mpim/zookeeper/protocol';

const NO_ZXID = -1n;

/** One change on its way to those who watch for it; encoded once for all of them. */
export class WatchedEvent {
  readonly type: EventType;
  readonly path: string;
  /** ACL of the node at the time; null if everybody may learn of the event. */
  readonly acl: readonly Acl[] | null;
  #frame: Buffer | null = null;

  constructor(type: EventType, path: string, acl: readonly Acl[] | null) {
    this.type = type;
    this.path = path;
    this.acl = acl;
  }

  /** The notification as it goes over the wire, length included. */
  get frame(): Buffer {
    this.#frame ??= this.#encode();
    return this.#frame;
  }

  #encode(): Buffer {
    const output = new JuteWriter(64 + this.path.length);
    const mark = output.beginFrame();
    // The zxid is -1 up to ZooKeeper 3.8 and clients rely on nothing better.
    writeReplyHeader(output, { xid: SpecialXid.notification, zxid: NO_ZXID, error: ErrorCode.OK });
    writeWatcherEvent(output, {
      type: this.type,
      state: KeeperState.SyncConnected,
      path: this.path,
    });
    output.endFrame(mark);
    return output.take();
  }
}

/** One who watches: a connection. */
export interface Watcher {
  /** The session it speaks for, if any. */
  readonly session: { readonly id: bigint } | null;
  /** Called while the change is applied, before any reply that could show it. */
  notify(event: WatchedEvent): void;
}
