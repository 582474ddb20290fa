import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { crc32OfBytes, crc32OfText } from '../../src/tree/crc32.ts';

test('equals the one of zlib for any length, begun anew or continued', () => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 151) & 0xff));
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(300 - length);
    for (const before of [0, 0x8000_0001]) {
      assert.equal(crc32OfBytes(part, before | 0), crc32(part, before) | 0, `${length} bytes`);
    }
  }
  for (const text of ['', '/a', '/path/of/a/node', '/ünïcode/😀']) {
    assert.equal(crc32OfText(text, 7), crc32(text, 7) | 0);
  }
});
