import {
  type AddWatchRequest,
  type Create2Response,
  type CreateRequest,
  type CreateTtlRequest,
  type DeleteRequest,
  ErrorCode,
  type ErrorResponse,
  type GetAclRequest,
  type GetAclResponse,
  type GetAllChildrenNumberRequest,
  type GetAllChildrenNumberResponse,
  type GetEphemeralsRequest,
  type GetEphemeralsResponse,
  type JuteReader,
  type JuteWriter,
  type MultiRequest,
  type MultiResponse,
  OpCode,
  type PathWatchRequest,
  type ReconfigRequest,
  type RemoveWatchesRequest,
  readErrorResponse,
  readGetAclResponse,
  readGetAllChildrenNumberResponse,
  readGetEphemeralsResponse,
  readMultiResponse,
  readStat,
  readSyncResponse,
  readWhoAmIResponse,
  type SetAclRequest,
  type SetDataRequest,
  type Stat,
  type SyncRequest,
  type SyncResponse,
  type WhoAmIResponse,
  writeAddWatchRequest,
  writeCreateRequest,
  writeCreateTtlRequest,
  writeDeleteRequest,
  writeGetAclRequest,
  writeGetAllChildrenNumberRequest,
  writeGetEphemeralsRequest,
  writeMultiRequest,
  writePathWatchRequest,
  writeReconfigRequest,
  writeRemoveWatchesRequest,
  writeSetAclRequest,
  writeSetDataRequest,
  writeSyncRequest,
} from '../../protocol/index.ts';
import {
  detached,
  type NodeChildren,
  type NodeData,
  readNodeChildren,
  readNodeData,
} from './node-data.ts';

/** One kind of request: its number, how its body is written and how its answer is read. */
export interface Operation<Q, R> {
  /** For messages. */
  readonly name: string;
  readonly type: OpCode;
  readonly write: (output: JuteWriter, body: Q) => void;
  /** The result for what was asked; it may hold no views into the input, whose memory is used again. */
  readonly read: (input: JuteReader, body: Q) => R;
  /** The result that an error stands for, or undefined when it is an error to the caller too. */
  readonly recover?: (error: number) => R | undefined;
}

/** Create with the Stat in its answer; servers have it since 3.5. */
export const create2: Operation<CreateRequest, Create2Response> = {
  name: 'create',
  type: OpCode.create2,
  write: writeCreateRequest,
  read: readCreated,
};

/** Containers go some time after their last child. */
export const createContainer: Operation<CreateRequest, Create2Response> = {
  name: 'create',
  type: OpCode.createContainer,
  write: writeCreateRequest,
  read: readCreated,
};

/** Create with a time to live. */
export const createTtl: Operation<CreateTtlRequest, Create2Response> = {
  name: 'create',
  type: OpCode.createTTL,
  write: writeCreateTtlRequest,
  read: readCreated,
};

/** Delete one node without children. */
export const deleteNode: Operation<DeleteRequest, void> = {
  name: 'delete',
  type: OpCode.delete,
  write: writeDeleteRequest,
  read: readNothing,
};

/** Null for a node that is not there. */
export const exists: Operation<PathWatchRequest, Stat | null> = {
  name: 'exists',
  type: OpCode.exists,
  write: writePathWatchRequest,
  read: readStat,
  recover: (error) => (error === ErrorCode.NONODE ? null : undefined),
};

/** Data and Stat. */
export const getData: Operation<PathWatchRequest, NodeData> = {
  name: 'get',
  type: OpCode.getData,
  write: writePathWatchRequest,
  read: readNodeData,
};

/** Replace the data. */
export const setData: Operation<SetDataRequest, Stat> = {
  name: 'set',
  type: OpCode.setData,
  write: writeSetDataRequest,
  read: readStat,
};

/** Names of the children, and Stat. */
export const getChildren2: Operation<PathWatchRequest, NodeChildren> = {
  name: 'children',
  type: OpCode.getChildren2,
  write: writePathWatchRequest,
  read: readNodeChildren,
};

/** ACL and Stat. */
export const getAcl: Operation<GetAclRequest, GetAclResponse> = {
  name: 'getAcl',
  type: OpCode.getACL,
  write: writeGetAclRequest,
  read: readGetAclResponse,
};

/** Replace the ACL. */
export const setAcl: Operation<SetAclRequest, Stat> = {
  name: 'setAcl',
  type: OpCode.setACL,
  write: writeSetAclRequest,
  read: readStat,
};

/** Take back watches; a server that has none says NOWATCHER. */
export const removeWatches: Operation<RemoveWatchesRequest, void> = {
  name: 'removeWatches',
  type: OpCode.removeWatches,
  write: writeRemoveWatchesRequest,
  read: readNothing,
};

/** Leave a watch that stays. */
export const addWatch: Operation<AddWatchRequest, ErrorResponse> = {
  name: 'watch',
  type: OpCode.addWatch,
  write: writeAddWatchRequest,
  read: readErrorResponse,
};

/** Whether the server keeps such a watch for this connection. */
export const checkWatches: Operation<RemoveWatchesRequest, boolean> = {
  name: 'checkWatches',
  type: OpCode.checkWatches,
  write: writeRemoveWatchesRequest,
  read: () => true,
  recover: (error) => (error === ErrorCode.NOWATCHER ? false : undefined),
};

/** Paths of the session's ephemerals. */
export const getEphemerals: Operation<GetEphemeralsRequest, GetEphemeralsResponse> = {
  name: 'ephemerals',
  type: OpCode.getEphemerals,
  write: writeGetEphemeralsRequest,
  read: readGetEphemeralsResponse,
};

/** Size of a subtree. */
export const getAllChildrenNumber: Operation<
  GetAllChildrenNumberRequest,
  GetAllChildrenNumberResponse
> = {
  name: 'countDescendants',
  type: OpCode.getAllChildrenNumber,
  write: writeGetAllChildrenNumberRequest,
  read: readGetAllChildrenNumberResponse,
};

/** The connection's identities. */
export const whoAmI: Operation<void, WhoAmIResponse> = {
  name: 'whoAmI',
  type: OpCode.whoAmI,
  write: writeNothing,
  read: readWhoAmIResponse,
};

/** Several reads of one state of the tree. */
export const multiRead: Operation<MultiRequest, MultiResponse> = {
  name: 'multiRead',
  type: OpCode.multiRead,
  write: writeMultiRequest,
  read: readMultiReadResponse,
};

/** Change the members of the ensemble. */
export const reconfig: Operation<ReconfigRequest, NodeData> = {
  name: 'reconfigure',
  type: OpCode.reconfig,
  write: writeReconfigRequest,
  read: readNodeData,
};

/** Bring the server up to date with its leader. */
export const sync: Operation<SyncRequest, SyncResponse> = {
  name: 'sync',
  type: OpCode.sync,
  write: writeSyncRequest,
  read: readSyncResponse,
};

/** All or nothing. */
export const multi: Operation<MultiRequest, MultiResponse> = {
  name: 'multi',
  type: OpCode.multi,
  write: writeMultiRequest,
  read: readMultiResponse,
};

/** End the session and its ephemerals. */
export const closeSession: Operation<void, void> = {
  name: 'close',
  type: OpCode.closeSession,
  write: writeNothing,
  read: readNothing,
};

/** Unless the server has counted, the path is the one that was asked for. */
function readCreated(input: JuteReader, { path }: CreateRequest): Create2Response {
  return { path: input.textLike(path), stat: readStat(input) };
}

/** With data that may be kept. */
function readMultiReadResponse(input: JuteReader): MultiResponse {
  const results = readMultiResponse(input).results.map((item) => {
    if (item.type !== OpCode.getData) return item;
    const { data, stat } = item.response;
    return { type: item.type, response: { data: detached(data), stat } };
  });
  return { results };
}

function readNothing(): void {}

function writeNothing(): void {}
