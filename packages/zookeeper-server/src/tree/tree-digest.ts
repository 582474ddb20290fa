import { endianness } from 'node:os';
import { crc32OfBytes, crc32OfText, crc32OfWords } from './crc32.ts';
import type { DataNode } from './data-node.ts';
import { ZOOKEEPER_PATH } from './special-paths.ts';

/** Version of the rule below, as it stands beside each digest in files (ZooKeeper: `DigestCalculator`). */
export const DIGEST_VERSION = 2;

const WORD = 0x1_0000_0000;
const STAT_WORDS = 15;
const LONGS = 4;
const [HIGH, LOW] = endianness() === 'LE' ? [1, 0] : [0, 1];

// 64-bit values are taken apart through memory: shifting bigints would make garbage for each.
const longs = new BigInt64Array(LONGS);
const halves = new Int32Array(longs.buffer);
const words = new Int32Array(STAT_WORDS);

/**
 * A checksum of the whole tree, kept up to date change by change: the sum, modulo 2^64, of one CRC-32 per
 * node outside `/zookeeper/`, over its path, data and stored stat (ZooKeeper: `DigestCalculator`, `AdHash`).
 */
export class TreeDigest {
  #high = 0;
  #low = 0;

  /** Upper 32 bits, signed. */
  get high(): number {
    return this.#high | 0;
  }

  /** Lower 32 bits, signed. */
  get low(): number {
    return this.#low | 0;
  }

  /** All 64 bits, signed. */
  get value(): bigint {
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }

  /** Starts over: an empty tree. */
  clear(): void {
    this.#high = 0;
    this.#low = 0;
  }

  /** Counts a node in that is new, or whose data have changed. */
  addContent(path: string, node: DataNode): void {
    if (isExempt(path)) return;
    const crc = path === '/' ? 0 : crc32OfText(path, 0);
    node.contentCrc = node.data === null ? crc : crc32OfBytes(node.data, crc);
    this.#replace(node, crcOfStat(node));
  }

  /** Takes a change of a node's stat into account. */
  updateStat(path: string, node: DataNode): void {
    if (!isExempt(path)) this.#replace(node, crcOfStat(node));
  }

  /** Counts a node out. */
  remove(node: DataNode): void {
    this.#replace(node, 0);
  }

  #replace(node: DataNode, digest: number): void {
    this.#low += (digest >>> 0) - (node.digest >>> 0);
    node.digest = digest;
    if (this.#low >= WORD) {
      this.#low -= WORD;
      this.#high = (this.#high + 1) >>> 0;
    } else if (this.#low < 0) {
      this.#low += WORD;
      this.#high = (this.#high - 1) >>> 0;
    }
  }
}

/** ZooKeeper changes its quota nodes without a transaction, so all below `/zookeeper` is left out. */
function isExempt(path: string): boolean {
  return path.startsWith(ZOOKEEPER_PATH) && path[ZOOKEEPER_PATH.length] === '/';
}

function crcOfStat(node: DataNode): number {
  longs[0] = node.czxid;
  longs[1] = node.mzxid;
  longs[2] = node.pzxid;
  longs[3] = node.ephemeralOwner;
  putLong(0, 0);
  putLong(2, 1);
  putLong(4, 2);
  putTime(6, node.ctime);
  putTime(8, node.mtime);
  words[10] = node.version;
  words[11] = node.cversion;
  words[12] = node.aversion;
  putLong(13, 3);
  return crc32OfWords(words, STAT_WORDS, node.contentCrc);
}

function putLong(at: number, index: number): void {
  words[at] = halves[index * 2 + HIGH] as number;
  words[at + 1] = halves[index * 2 + LOW] as number;
}

function putTime(at: number, time: number): void {
  const high = Math.floor(time / WORD);
  words[at] = high;
  words[at + 1] = time - high * WORD;
}
