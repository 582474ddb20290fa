import { constants, openSync, writeSync, writev, writevSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { OpCode } from '@mpim/zookeeper/protocol';
import { CHILDREN, DATA_BYTES } from './frames.ts';

/**
 * The limit: a responder that knows no tree. It answers each frame with as many bytes as the server would, a
 * write once the frame is on disk, and does nothing else.
 *
 * Arguments: the port; the file to append to, and its size, which is set aside beforehand and gone round.
 */
const [port = '', logPath = '', logBytes = ''] = process.argv.slice(2);

const HEADER_BYTES = 16;
const STAT_BYTES = 68;
const HANDSHAKE_BYTES = 37;
const MAX_INLINE_BYTES = 1024;
const ZEROS = Buffer.alloc(1 << 20);

const { O_CREAT, O_TRUNC, O_WRONLY, O_DSYNC } = constants;
const size = Number(logBytes);
const log = openSync(logPath, O_CREAT | O_TRUNC | O_WRONLY | (O_DSYNC ?? 0));
for (let at = 0; at < size; at += ZEROS.length) writeSync(log, ZEROS, 0, ZEROS.length, at);

/** Bytes of the answers' bodies, and whether they wait for the disk. */
const answers = new Map<number, { body: number; durable: boolean }>([
  [OpCode.getData, { body: 4 + DATA_BYTES + STAT_BYTES, durable: false }],
  [OpCode.getChildren2, { body: 4 + CHILDREN * 12 + STAT_BYTES, durable: false }],
  [OpCode.setData, { body: STAT_BYTES, durable: true }],
  [OpCode.create2, { body: 4 + 30 + STAT_BYTES, durable: true }],
  [OpCode.delete, { body: 0, durable: true }],
]);

interface Reply {
  readonly socket: Socket;
  readonly bytes: Buffer;
}

let gathering: { chunks: Buffer[]; replies: Reply[] } = { chunks: [], replies: [] };
let isWriting = false;
let position = 0;

/** `fresh`: nobody waits for answers to what was written before. */
function flush(batch: 'fresh' | 'behind'): void {
  if (isWriting || gathering.replies.length === 0) return;
  const { chunks, replies } = gathering;
  gathering = { chunks: [], replies: [] };
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  if (position + bytes > size) position = 0;
  const at = position;
  position += bytes;
  // Where there is nothing to do meanwhile, a thread and the way to it would only cost time.
  if (batch === 'fresh' && chunks.length === 1 && bytes < MAX_INLINE_BYTES) {
    writevSync(log, chunks, at);
    answer(replies);
    return;
  }
  isWriting = true;
  writev(log, chunks, at, (error) => {
    if (error !== null) throw error;
    isWriting = false;
    flush('behind');
    answer(replies);
  });
}

function answer(replies: readonly Reply[]): void {
  for (const reply of replies) reply.socket.write(reply.bytes);
}

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer | null = null;
  let isOpen = false;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    const input: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    const output = Buffer.allocUnsafe(input.length * 16 + 64);
    let length = 0;
    let at = 0;
    let isDurable = false;
    while (input.length - at >= 4) {
      const frame = input.readInt32BE(at);
      if (input.length - at - 4 < frame) break;
      let bytes = HANDSHAKE_BYTES;
      if (isOpen) {
        const answer = answers.get(input.readInt32BE(at + 8));
        bytes = HEADER_BYTES + (answer?.body ?? 0);
        isDurable ||= answer?.durable ?? false;
        output.writeInt32BE(input.readInt32BE(at + 4), length + 4);
        output.writeInt32BE(0, length + 16);
      }
      isOpen = true;
      output.writeInt32BE(bytes, length);
      length += 4 + bytes;
      at += 4 + frame;
    }
    rest = at === input.length ? null : input.subarray(at);
    const bytes = output.subarray(0, length);
    if (!isDurable && !isWriting) {
      socket.write(bytes);
      return;
    }
    gathering.chunks.push(input.subarray(0, at));
    gathering.replies.push({ socket, bytes });
    setImmediate(flush, 'fresh');
  });
});
server.listen({ host: '127.0.0.1', port: Number(port), backlog: 1024 });
