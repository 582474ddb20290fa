import {
  JuteWriter,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { Latencies } from '../latencies.ts';
import { RawSocket } from './raw-socket.ts';
import { DATA_BYTES, type RoundRequest, type RoundResult } from './round.ts';

const DIGITS = 9;
const latencies = new Latencies();

/**
 * The limit: a socket with requests encoded beforehand, answered with as many as came back. No answer is read
 * beyond its length and no promise made; what the server and the kernel can do at most.
 */
export async function rawRound(connectString: string, request: RoundRequest): Promise<RoundResult> {
  using raw = await RawSocket.open(connectString);
  return await round(raw, request);
}

function round(
  raw: RawSocket,
  { operation, inFlight, ms, folder }: RoundRequest,
): Promise<RoundResult> {
  const { decoder } = raw;
  const frame = encode(operation, folder);
  const frames = Buffer.concat(Array.from({ length: inFlight }, () => frame));
  const sentAt = new Float64Array(inFlight);
  const { promise, resolve } = Promise.withResolvers<RoundResult>();
  let sent = 0;
  let answered = 0;
  latencies.clear();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + ms;
  const send = (count: number, now: number): void => {
    let bytes: Buffer = frames.subarray(0, count * frame.length);
    if (operation === 'create') bytes = numbered(Buffer.from(bytes), frame.length, sent);
    for (let i = 0; i < count; i++) sentAt[sent++ % inFlight] = now;
    raw.write(bytes);
  };
  raw.received = () => {
    const now = performance.now();
    const before = answered;
    for (let answer = decoder.next(); answer !== null; answer = decoder.next()) {
      if (answer.readInt32BE(12) !== 0) throw new Error(`error ${answer.readInt32BE(12)}`);
      latencies.add(now - (sentAt[answered++ % inFlight] ?? now));
    }
    if (now < end) {
      if (answered > before) send(answered - before, now);
    } else if (answered === sent) {
      raw.received = () => {};
      const elapsedMs = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      const times = { elapsedMs, userUs: user, systemUs: system };
      resolve({ calls: answered, ...times, ...latencies.quantiles() });
    }
  };
  send(inFlight, start);
  return promise;
}

/** One request with its length; a create's path ends in digits to be filled in. */
function encode(operation: RoundRequest['operation'], folder: string): Buffer {
  const output = new JuteWriter();
  const data = Buffer.alloc(DATA_BYTES, 'x');
  const mark = output.beginFrame();
  output.int(1);
  switch (operation) {
    case 'create':
      output.int(OpCode.create2);
      writeCreateRequest(output, { path: numberedPath(folder), data, acl: OPEN_ACL, flags: 0 });
      break;
    case 'set':
      output.int(OpCode.setData);
      writeSetDataRequest(output, { path: `${folder}/node`, data, version: -1 });
      break;
    case 'get':
      output.int(OpCode.getData);
      writePathWatchRequest(output, { path: `${folder}/node`, watch: false });
      break;
    case 'getChildren':
      output.int(OpCode.getChildren2);
      writePathWatchRequest(output, { path: `${folder}/parent`, watch: false });
      break;
    default:
      throw new Error(`the raw client does not do ${operation}`);
  }
  output.endFrame(mark);
  return output.take();
}

function numberedPath(folder: string): string {
  return `${folder}/n${'0'.repeat(DIGITS)}`;
}

/** Fills in the numbers of consecutive creates, `first` and those after it. */
function numbered(frames: Buffer, frameBytes: number, first: number): Buffer {
  const pathEnd = frames.indexOf('/n000000000') + 2 + DIGITS;
  for (let at = pathEnd, n = first; at < frames.length; at += frameBytes, n++) {
    for (let digit = 1, rest = n; digit <= DIGITS; digit++) {
      frames[at - digit] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return frames;
}
