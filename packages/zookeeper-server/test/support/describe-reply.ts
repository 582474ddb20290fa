import {
  errorName,
  type JuteReader,
  type MultiResponseItem,
  OpCode,
  readCreate2Response,
  readCreateResponse,
  readErrorResponse,
  readGetAclResponse,
  readGetAllChildrenNumberResponse,
  readGetChildren2Response,
  readGetChildrenResponse,
  readGetDataResponse,
  readGetEphemeralsResponse,
  readMultiResponse,
  readStatResponse,
  readSyncResponse,
  readWhoAmIResponse,
  type Stat,
} from '@mpim/zookeeper/protocol';
import type { RawReply } from './raw-client.ts';

/** What must not be compared as it is: where a server's zxids begin, and its session ids. */
export interface Names {
  /** Zxid before the first transaction of the script. */
  readonly baseZxid: bigint;
  /** Session ids in the order they were given out. */
  readonly sessions: readonly bigint[];
}

const CREATES: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
]);

/** A reply in a form that is the same for every server that behaves the same. */
export function describeReply(op: number, reply: RawReply | null, names: Names): object {
  if (reply === null) return { closed: true };
  const head = {
    xid: reply.xid,
    zxid: relative(reply.zxid, names),
    error: reply.error === 0 ? 'OK' : (errorName(reply.error) ?? reply.error),
  };
  const body = reply.error === 0 ? describeBody(op, reply.body, names) : null;
  return { ...head, body, left: reply.body.remaining };
}

function describeBody(op: number, input: JuteReader, names: Names): unknown {
  switch (op) {
    case OpCode.create:
      return readCreateResponse(input);
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return withStat(readCreate2Response(input), names);
    case OpCode.exists:
    case OpCode.setData:
    case OpCode.setACL:
      return withStat(readStatResponse(input), names);
    case OpCode.getData: {
      const { data, stat } = readGetDataResponse(input);
      return { data: data?.toString('hex') ?? null, stat: describeStat(stat, names) };
    }
    case OpCode.getACL:
      return describeAcl(input, names);
    case OpCode.getChildren:
      return sorted(readGetChildrenResponse(input).children);
    case OpCode.getChildren2: {
      const { children, stat } = readGetChildren2Response(input);
      return { children: sorted(children), stat: describeStat(stat, names) };
    }
    case OpCode.multi:
    case OpCode.multiRead:
      return readMultiResponse(input).results.map((result) => describeResult(result, names));
    case OpCode.addWatch:
      return readErrorResponse(input);
    case OpCode.sync:
      return readSyncResponse(input);
    case OpCode.getEphemerals:
      return sorted(readGetEphemeralsResponse(input).ephemerals);
    case OpCode.getAllChildrenNumber:
      return readGetAllChildrenNumberResponse(input);
    case OpCode.whoAmI:
      return sorted(readWhoAmIResponse(input).identities.map((each) => JSON.stringify(each)));
    default:
      return null;
  }
}

/** A client's identities, and so the entries made for them, come in no particular order. */
function describeAcl(input: JuteReader, names: Names): object {
  const { acl, stat } = readGetAclResponse(input);
  return { acl: sorted(acl.map((each) => JSON.stringify(each))), stat: describeStat(stat, names) };
}

function describeResult(result: MultiResponseItem, names: Names): object {
  if (!('response' in result)) return result;
  const { type, response } = result;
  // Before 3.8.2 a create2 within a multi is answered as a create, without a Stat (ZOOKEEPER-4026).
  if (CREATES.has(type) && 'path' in response) return { created: response.path };
  if ('children' in response) return { type, children: sorted(response.children) };
  if ('data' in response) {
    const stat = describeStat(response.stat, names);
    return { type, data: response.data?.toString('hex') ?? null, stat };
  }
  return { type, ...('stat' in response ? withStat(response, names) : response) };
}

function withStat<T extends { readonly stat: Stat }>(value: T, names: Names): object {
  return { ...value, stat: describeStat(value.stat, names) };
}

function describeStat(stat: Stat, names: Names): object {
  const owner = names.sessions.indexOf(stat.ephemeralOwner);
  return {
    ...stat,
    czxid: relative(stat.czxid, names),
    mzxid: relative(stat.mzxid, names),
    pzxid: relative(stat.pzxid, names),
    ctime: stat.ctime > 0,
    mtime: stat.mtime > 0,
    mtimeIsCtime: stat.version > 0 || stat.mtime === stat.ctime,
    ephemeralOwner: owner < 0 ? String(stat.ephemeralOwner) : `session ${owner}`,
  };
}

/** Zxids count from the first one of the script; 0 and -1 stand for themselves. */
function relative(zxid: bigint, names: Names): string {
  return zxid <= 0n ? `absolute ${zxid}` : String(zxid - names.baseZxid);
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort();
}
