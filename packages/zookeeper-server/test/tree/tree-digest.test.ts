import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as nativeCrc32 } from 'node:zlib';
import { crc32OfBytes, crc32OfText, crc32OfWords } from '../../src/tree/crc32.ts';
import { DataNode } from '../../src/tree/data-node.ts';
import { TreeDigest } from '../../src/tree/tree-digest.ts';

test('checksums are the CRC-32 of everybody, whatever the length', () => {
  for (const length of [0, 1, 7, 255, 256, 5000]) {
    const bytes = Buffer.alloc(length, (length * 7) & 0xff);
    assert.equal(crc32OfBytes(bytes, 0) >>> 0, nativeCrc32(bytes));
    assert.equal(crc32OfBytes(bytes, 0x8765_4321) >>> 0, nativeCrc32(bytes, 0x8765_4321));
  }
  for (const text of ['', '/a', '/services/UserServiceRpc/Login', '/grüße/日本']) {
    assert.equal(crc32OfText(text, 0) >>> 0, nativeCrc32(text));
  }
  const words = Int32Array.of(1, -2, 0x1234_5678, -0x8000_0000);
  const bytes = Buffer.alloc(16);
  for (const [i, word] of words.entries()) bytes.writeInt32BE(word, i * 4);
  assert.equal(crc32OfWords(words, 4, 5) >>> 0, nativeCrc32(bytes, 5));
});

test('a digest forgets what it has taken in, over any sum', () => {
  const digest = new TreeDigest();
  const node = (i: number) =>
    new DataNode({ data: Buffer.of(i), acl: [], zxid: BigInt(i), time: i * 1e10, owner: 0n });
  const nodes = Array.from({ length: 50 }, (_, i) => node(i));
  for (const [i, each] of nodes.entries()) digest.addContent(`/${i}`, each);
  const sum = nodes.reduce((total, each) => total + BigInt(each.digest >>> 0), 0n);
  assert.equal(digest.value, sum);
  for (const each of nodes) digest.remove(each);
  assert.equal(digest.value, 0n);
  digest.addContent('/zookeeper/quota/a', node(3));
  assert.equal(digest.value, 0n, 'what lies below /zookeeper does not count');
});
