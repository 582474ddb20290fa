import {
  ErrorCode,
  type JuteReader,
  type JuteWriter,
  OpCode,
  Permission,
  readGetAclRequest,
  readPathWatchRequest,
  readSyncRequest,
  writeGetAclResponse,
  writeGetDataResponse,
  writeStat,
  writeStatResponse,
  writeSyncResponse,
} from '@mpim/zookeeper/protocol';
import { checkAcl, isAllowed } from '../acl/check-acl.ts';
import { maskDigestId } from '../acl/digest-scheme.ts';
import { refuse } from '../request-error.ts';
import type { DataNode } from '../tree/data-node.ts';
import { WatchMode } from '../watch/watch-table.ts';
import type { ReadContext, ReadHandler } from './read-context.ts';

/** The requests that look at one node. */
export const NODE_READS: readonly (readonly [number, ReadHandler])[] = [
  [OpCode.exists, exists],
  [OpCode.getData, getData],
  [OpCode.getChildren, getChildren],
  [OpCode.getChildren2, getChildren2],
  [OpCode.getACL, getAcl],
  [OpCode.sync, sync],
];

/** The node at a path if the client may read it; refuses with NONODE, NOAUTH. */
export function readableNode(
  context: ReadContext,
  path: string,
  permissions: number = Permission.read,
): DataNode {
  const node = context.tree.get(path) ?? refuse(ErrorCode.NONODE);
  checkAcl(node.acl, permissions, context.identities);
  return node;
}

/** Needs no permission, and watches nodes that are not there yet. */
function exists(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const { path, watch } = readPathWatchRequest(input);
  if (path.includes('\0')) refuse(ErrorCode.BADARGUMENTS);
  if (watch) context.watches.data.add(path, context.watcher, WatchMode.oneShot);
  const node = context.tree.get(path) ?? refuse(ErrorCode.NONODE);
  writeStatResponse(output, { stat: node.stat() });
}

function getData(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const { path, watch } = readPathWatchRequest(input);
  const node = readableNode(context, path);
  if (watch) context.watches.data.add(path, context.watcher, WatchMode.oneShot);
  writeGetDataResponse(output, { data: node.data, stat: node.stat() });
}

function getChildren(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const node = nodeWithChildWatch(context, input);
  context.childLists.write(output, node);
}

function getChildren2(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const node = nodeWithChildWatch(context, input);
  context.childLists.write(output, node);
  writeStat(output, node.stat());
}

function nodeWithChildWatch(context: ReadContext, input: JuteReader): DataNode {
  const { path, watch } = readPathWatchRequest(input);
  const node = readableNode(context, path);
  if (watch) context.watches.children.add(path, context.watcher, WatchMode.oneShot);
  return node;
}

/** Password hashes are shown only to those who may change them. */
function getAcl(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const { path } = readGetAclRequest(input);
  const node = readableNode(context, path, Permission.read | Permission.admin);
  const acl = isAllowed(node.acl, Permission.admin, context.identities)
    ? node.acl
    : node.acl.map((entry) =>
        entry.scheme === 'digest' ? { ...entry, id: maskDigestId(entry.id) } : entry,
      );
  writeGetAclResponse(output, { acl, stat: node.stat() });
}

/** A server that stands alone is always up to date. */
function sync(_context: ReadContext, input: JuteReader, output: JuteWriter): void {
  writeSyncResponse(output, { path: readSyncRequest(input).path });
}
