import {
  JuteReader,
  JuteWriter,
  OPEN_ACL,
  OpCode,
  readReplyHeader,
  readStat,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { closedLoop, type Peer } from './closed-loop.ts';
import { RawSocket } from './raw-socket.ts';
import type { RoundRequest, RoundResult } from './round.ts';

/** How an answer's body is read. */
type Read = (input: JuteReader) => unknown;

interface Unanswered {
  readonly read: Read;
  readonly resolve: (value: unknown) => void;
}

/**
 * The limit of clients with one request in flight: what encodes a request, promises its answer and decodes it, on a
 * raw socket, and nothing else. There is no queue for lost connections, no timeout, no ping, no watch, no error and
 * no counter. What it needs, no client with promises can do without in Node.
 */
export async function bareRound(
  connectString: string,
  request: RoundRequest,
): Promise<RoundResult> {
  using raw = await RawSocket.open(connectString);
  return await closedLoop(bareClient(raw), request);
}

function bareClient(raw: RawSocket): Peer {
  const output = new JuteWriter();
  const input = new JuteReader(Buffer.alloc(0));
  // Not shifted: V8 does that in C++.
  const unanswered: Unanswered[] = [];
  let answered = 0;
  let xid = 0;
  raw.received = () => {
    while (raw.decoder.nextInto(input)) {
      const { error } = readReplyHeader(input);
      const call = unanswered[answered++];
      if (answered === unanswered.length) answered = unanswered.length = 0;
      if (error !== 0 || call === undefined) throw new Error(`error ${error}`);
      call.resolve(call.read(input));
    }
  };
  const call = (type: OpCode, write: () => void, read: Read): Promise<unknown> => {
    return new Promise((resolve) => {
      const mark = output.beginFrame();
      xid += 1;
      output.int(xid);
      output.int(type);
      write();
      output.endFrame(mark);
      unanswered.push({ read, resolve });
      raw.write(output.take());
    });
  };
  return {
    create(path, data) {
      const request = { path, data, acl: OPEN_ACL, flags: 0 };
      return call(OpCode.create2, () => writeCreateRequest(output, request), readCreated(path));
    },
    set(path, data) {
      const request = { path, data, version: -1 };
      return call(OpCode.setData, () => writeSetDataRequest(output, request), readStat);
    },
    get(path) {
      const request = { path, watch: false };
      return call(OpCode.getData, () => writePathWatchRequest(output, request), readData);
    },
    getChildren(path) {
      const request = { path, watch: false };
      return call(OpCode.getChildren2, () => writePathWatchRequest(output, request), readChildren);
    },
    getAndWatch: () => Promise.reject(new Error('the bare client knows no watches')),
  };
}

function readCreated(path: string): Read {
  return (input) => ({ path: input.textLike(path), stat: readStat(input) });
}

function readData(input: JuteReader): unknown {
  return { data: input.ownBuffer(), stat: readStat(input) };
}

function readChildren(input: JuteReader): unknown {
  return { children: input.texts(), stat: readStat(input) };
}
