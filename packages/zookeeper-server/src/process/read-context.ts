import type { JuteReader, JuteWriter } from '@mpim/zookeeper/protocol';
import type { Identity } from '../acl/identity.ts';
import type { DataTree } from '../tree/data-tree.ts';
import type { WatchManager } from '../watch/watch-manager.ts';
import type { Watcher } from '../watch/watched-event.ts';
import type { ChildrenCache } from './children-cache.ts';

/** What a read works on, and on whose behalf. */
export interface ReadContext {
  readonly tree: DataTree;
  readonly watches: WatchManager;
  readonly childLists: ChildrenCache;
  /** Who gets the watches that the read leaves. */
  readonly watcher: Watcher;
  readonly sessionId: bigint;
  readonly identities: readonly Identity[];
}

/**
 * Answers a read: reads its body from `input` and writes the answer's body to `output`.
 * Throws `RequestError` for what is refused and `ProtocolError` for what cannot be read.
 */
export type ReadHandler = (context: ReadContext, input: JuteReader, output: JuteWriter) => void;
