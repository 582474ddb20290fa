import {
  JuteWriter,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writeDeleteRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import type { LoadOperation } from './load-request.ts';

/** Of data in every node that is read or written. */
export const DATA_BYTES = 100;
/** Nodes that reads and changes go round. */
export const NODES = 100;
/** Of the node whose children are read. */
export const CHILDREN = 20;

const DIGITS = 9;
const MIXED_CYCLE = 10;
const data = Buffer.alloc(DATA_BYTES, 'x');

/** The requests that are sent. */
export type FrameKind = 'create' | 'delete' | 'set' | 'get' | 'getAndWatch' | 'getChildren';

/** Writes one request with its length. */
export function writeFrame(output: JuteWriter, xid: number, kind: FrameKind, path: string): void {
  const mark = output.beginFrame();
  output.int(xid);
  switch (kind) {
    case 'create':
      output.int(OpCode.create2);
      writeCreateRequest(output, { path, data, acl: OPEN_ACL, flags: 0 });
      break;
    case 'delete':
      output.int(OpCode.delete);
      writeDeleteRequest(output, { path, version: -1 });
      break;
    case 'set':
      output.int(OpCode.setData);
      writeSetDataRequest(output, { path, data, version: -1 });
      break;
    case 'get':
    case 'getAndWatch':
      output.int(OpCode.getData);
      writePathWatchRequest(output, { path, watch: kind === 'getAndWatch' });
      break;
    case 'getChildren':
      output.int(OpCode.getChildren2);
      writePathWatchRequest(output, { path, watch: false });
      break;
  }
  output.endFrame(mark);
}

/**
 * Requests encoded beforehand, with xids from 1 on, to be sent round and round. A request is not sent again before its
 * answer has come, so that its bytes can be changed in between.
 */
export class FrameRing {
  readonly #bytes: Buffer;
  /** Where each frame begins, and where the last one ends. */
  readonly #offsets: Int32Array;
  readonly #numbered: boolean;

  /** `numbered`: all have one length and end their paths in digits, which {@link number} fills in. */
  constructor(
    size: number,
    write: (output: JuteWriter, slot: number) => void,
    { numbered = false } = {},
  ) {
    const output = new JuteWriter(size * 256);
    this.#offsets = new Int32Array(size + 1);
    for (let slot = 0; slot < size; slot++) {
      write(output, slot);
      this.#offsets[slot + 1] = output.length;
    }
    this.#bytes = output.take();
    this.#numbered = numbered;
  }

  get size(): number {
    return this.#offsets.length - 1;
  }

  /** The frames from one slot up to another, which is not before it. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#offsets[from], this.#offsets[to]);
  }

  /** Puts a number into the path of a frame. */
  number(slot: number, value: number): void {
    if (!this.#numbered) return;
    // Length, xid, opcode and length of the path stand before it.
    const at = (this.#offsets[slot] ?? 0) + 16;
    let end = at + this.#bytes.readInt32BE(at - 4);
    for (let digit = 0, rest = value; digit < DIGITS; digit++) {
      this.#bytes[--end] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}

/** A ring for creates or deletes of numbered nodes. */
export function numberedRing(size: number, kind: 'create' | 'delete', folder: string): FrameRing {
  const path = `${folder}/n${'0'.repeat(DIGITS)}`;
  const write = (output: JuteWriter, slot: number): void =>
    writeFrame(output, slot + 1, kind, path);
  return new FrameRing(size, write, { numbered: true });
}

/** A ring for one of the other operations, at least so large. */
export function operationRing(
  size: number,
  operation: Exclude<LoadOperation, 'create'>,
  folder: string,
): FrameRing {
  const slots = Math.ceil(Math.max(size, NODES) / MIXED_CYCLE) * MIXED_CYCLE;
  return new FrameRing(slots, (output, slot) => {
    const node = `${folder}/nodes/n${slot % NODES}`;
    switch (operation) {
      case 'getChildren':
        writeFrame(output, slot + 1, 'getChildren', `${folder}/parent`);
        break;
      case 'getWide':
        writeFrame(output, slot + 1, 'getChildren', folder);
        break;
      case 'mixed':
        writeFrame(output, slot + 1, slot % MIXED_CYCLE === 0 ? 'set' : 'get', node);
        break;
      default:
        writeFrame(output, slot + 1, operation, node);
        break;
    }
  });
}

/** The nodes that {@link operationRing} works on, in the order they must be made. */
export function pathsOf(folder: string): string[] {
  return [
    folder,
    `${folder}/nodes`,
    `${folder}/parent`,
    ...Array.from({ length: NODES }, (_, i) => `${folder}/nodes/n${i}`),
    ...Array.from({ length: CHILDREN }, (_, i) => `${folder}/parent/child-${i}`),
  ];
}
