import {
  ErrorCode,
  type JuteReader,
  type JuteWriter,
  type MultiRequestItem,
  type MultiResponseItem,
  OpCode,
  ProtocolError,
  readGetAllChildrenNumberRequest,
  readGetEphemeralsRequest,
  readMultiRequest,
  writeGetAllChildrenNumberResponse,
  writeGetEphemeralsResponse,
  writeMultiResponse,
  writeWhoAmIResponse,
} from '@mpim/zookeeper/protocol';
import type { Identity } from '../acl/identity.ts';
import { RequestError, refuse } from '../request-error.ts';
import type { ReadContext, ReadHandler } from './read-context.ts';
import { readableNode } from './read-nodes.ts';

/** Most that the parts of a multiRead can come to. */
const MAX_MULTI_READ_BYTES = 64 * 1024 * 1024;
/** In front of each text. */
const LENGTH_BYTES = 4;

/** The requests that look at many nodes, or at none. */
export const SET_READS: readonly (readonly [number, ReadHandler])[] = [
  [OpCode.getEphemerals, getEphemerals],
  [OpCode.getAllChildrenNumber, getAllChildrenNumber],
  [OpCode.multiRead, multiRead],
  [OpCode.whoAmI, whoAmI],
];

/** The session's own; the prefix is textual, not a parent. */
function getEphemerals(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const prefix = readGetEphemeralsRequest(input).prefixPath ?? '';
  const paths = [...context.tree.index.ephemeralsOf(context.sessionId)];
  const isForAll = ['', '/'].includes(prefix.trim());
  const ephemerals = isForAll ? paths : paths.filter((path) => path.startsWith(prefix));
  writeGetEphemeralsResponse(output, { ephemerals });
}

function getAllChildrenNumber(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const { path } = readGetAllChildrenNumberRequest(input);
  readableNode(context, path);
  writeGetAllChildrenNumberResponse(output, { totalNumber: context.tree.countBelow(path) });
}

/**
 * Unlike in a multi that writes, each part has its own outcome. Sixteen bytes of a request can ask for a megabyte, so
 * all parts together are bounded.
 */
function multiRead(context: ReadContext, input: JuteReader, output: JuteWriter): void {
  const { operations } = readMultiRequest(input);
  const results: MultiResponseItem[] = [];
  let bytes = 0;
  for (const operation of operations) {
    const result = readOne(context, operation);
    bytes += bytesOf(result);
    if (bytes > MAX_MULTI_READ_BYTES) refuse(ErrorCode.MARSHALLINGERROR);
    results.push(result);
  }
  writeMultiResponse(output, { results });
}

/** What the data or the names in a part come to. */
function bytesOf(result: MultiResponseItem): number {
  if (result.type === OpCode.getData) return result.response.data?.length ?? 0;
  if (result.type !== OpCode.getChildren) return 0;
  return result.response.children.reduce((sum, name) => sum + LENGTH_BYTES + name.length, 0);
}

function readOne(context: ReadContext, { type, request }: MultiRequestItem): MultiResponseItem {
  if (type !== OpCode.getData && type !== OpCode.getChildren) {
    throw new ProtocolError('UNKNOWN_OPERATION', `a multi that reads cannot write (${type})`);
  }
  try {
    const node = readableNode(context, request.path);
    return type === OpCode.getData
      ? { type, response: { data: node.data, stat: node.stat() } }
      : { type, response: { children: [...node.children] } };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { type: OpCode.error, response: { error: error.code } };
  }
}

function whoAmI(context: ReadContext, _input: JuteReader, output: JuteWriter): void {
  writeWhoAmIResponse(output, { identities: context.identities.map(clientInfo) });
}

function clientInfo({ scheme, id }: Identity): { scheme: string; user: string } {
  return { scheme, user: scheme === 'digest' ? (id.split(':', 1)[0] ?? '') : id };
}
