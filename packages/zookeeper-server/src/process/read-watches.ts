import {
  AddWatchMode,
  ErrorCode,
  EventType,
  type JuteReader,
  type JuteWriter,
  OpCode,
  ProtocolError,
  type RemoveWatchesRequest,
  readAddWatchRequest,
  readRemoveWatchesRequest,
  readSetWatches2Request,
  readSetWatchesRequest,
  type SetWatchesRequest,
  WatcherType,
  writeErrorResponse,
} from '@mpim/zookeeper/protocol';
import { refuse } from '../request-error.ts';
import { WatchMode } from '../watch/watch-table.ts';
import { WatchedEvent } from '../watch/watched-event.ts';
import type { ReadContext, ReadHandler } from './read-context.ts';

/** The requests that only set or remove watches. */
export const WATCH_REQUESTS: readonly (readonly [number, ReadHandler])[] = [
  [OpCode.addWatch, addWatch],
  [OpCode.checkWatches, checkWatches],
  [OpCode.removeWatches, removeWatches],
];

const WATCHER_TYPES: ReadonlySet<number> = new Set(Object.values(WatcherType));

function addWatch(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const { path, mode } = readAddWatchRequest(input);
  if (mode !== AddWatchMode.persistent && mode !== AddWatchMode.persistentRecursive) {
    throw new ProtocolError('UNKNOWN_OPERATION', `there is no watch mode ${mode}`);
  }
  context.watches.addPersistent(path, context.watcher, mode);
  writeErrorResponse(output, { error: ErrorCode.OK });
}

function checkWatches(context: ReadContext, input: JuteReader): void {
  const { path, type } = readWatches(input);
  if (!context.watches.has(path, context.watcher, type)) refuse(ErrorCode.NOWATCHER);
}

function removeWatches(context: ReadContext, input: JuteReader): void {
  const { path, type } = readWatches(input);
  if (!context.watches.remove(path, context.watcher, type)) refuse(ErrorCode.NOWATCHER);
}

/** Which watches a request is about; a type that is none makes the request one that cannot be read. */
function readWatches(input: JuteReader): RemoveWatchesRequest {
  const request = readRemoveWatchesRequest(input);
  if (!WATCHER_TYPES.has(request.type)) {
    throw new ProtocolError('UNKNOWN_OPERATION', `there is no watch type ${request.type}`);
  }
  return request;
}

/**
 * Arms the watches of a client that has come back. What changed while it was away is reported at once
 * instead, so this must run before its own reply is written; persistent watches are armed only.
 */
export function setWatches(context: ReadContext, input: JuteReader): void {
  armOneShot(context, readSetWatchesRequest(input));
}

/** As {@link setWatches}, for clients that know persistent watches. */
export function setWatches2(context: ReadContext, input: JuteReader): void {
  const request = readSetWatches2Request(input);
  armOneShot(context, request);
  for (const path of request.persistentWatches) {
    context.watches.addPersistent(path, context.watcher, AddWatchMode.persistent);
  }
  for (const path of request.persistentRecursiveWatches) {
    context.watches.addPersistent(path, context.watcher, AddWatchMode.persistentRecursive);
  }
}

function armOneShot(context: ReadContext, request: SetWatchesRequest): void {
  const { tree, watches, watcher } = context;
  const since = request.relativeZxid;
  for (const path of request.dataWatches) {
    const node = tree.get(path);
    if (node === undefined) report(context, EventType.NodeDeleted, path);
    else if (node.mzxid > since) report(context, EventType.NodeDataChanged, path);
    else watches.data.add(path, watcher, WatchMode.oneShot);
  }
  for (const path of request.existWatches) {
    if (tree.get(path) !== undefined) report(context, EventType.NodeCreated, path);
    else watches.data.add(path, watcher, WatchMode.oneShot);
  }
  for (const path of request.childWatches) {
    const node = tree.get(path);
    if (node === undefined) report(context, EventType.NodeDeleted, path);
    else if (node.pzxid > since) report(context, EventType.NodeChildrenChanged, path);
    else watches.children.add(path, watcher, WatchMode.oneShot);
  }
}

function report(context: ReadContext, type: EventType, path: string): void {
  // The watch was granted once; as in ZooKeeper the ACL is not asked again, lest the watch hang for ever.
  context.watcher.notify(new WatchedEvent(type, path, null));
}
