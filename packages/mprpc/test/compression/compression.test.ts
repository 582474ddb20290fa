import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { constants, deflateSync, zstdCompressSync } from 'node:zlib';
import { ALGORITHM_NAMES, ALGORITHMS, type Algorithm } from '../../src/compression/algorithms.ts';
import { Compression } from '../../src/compression/compression.ts';
import { RpcError } from '../../src/index.ts';
import { putUint32 } from '../../src/wire/bytes.ts';
import { DEFAULT_LIMITS } from '../../src/wire/constants.ts';

const MAX = DEFAULT_LIMITS.maxFrameBytes;
const kind = {};

/** Bytes that shrink by some share: random ones and runs of one byte. */
function someBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const run = randomInt(1, 200);
    const end = Math.min(length, at + run);
    if (randomInt(2) === 0) randomBytes(end - at).copy(bytes, at);
    else bytes.fill(randomInt(256), at, end);
    at = end;
  }
  return bytes;
}

/** A message as a hostile sender writes it. */
function forged(algorithm: number, size: number, packed: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + packed.length);
  bytes[0] = algorithm;
  putUint32(bytes, 1, size);
  bytes.set(packed, 5);
  return bytes;
}

for (const name of ALGORITHM_NAMES) {
  const algorithm = ALGORITHMS[name];

  describe(name, () => {
    test('what is packed is unpacked to the same bytes, whatever they are', () => {
      const compression = new Compression({ thresholdBytes: 1 });
      let packedOnes = 0;
      for (let round = 0; round < 300; round++) {
        const message = someBytes(randomInt(1, round % 10 === 0 ? 300_000 : 3000));
        const packed = compression.compress(algorithm, message, {});
        if (packed === undefined) continue;
        packedOnes++;
        assert.ok(packed.length < message.length);
        const padded = Buffer.concat([Buffer.alloc(3), packed, Buffer.alloc(7)]);
        compression.check(padded, 3, 3 + packed.length, MAX);
        const back = compression.decompress(padded, 3, 3 + packed.length);
        assert.equal(Buffer.compare(back, message), 0);
      }
      assert.ok(packedOnes > 100, `${packedOnes} of 300 were packed`);
      assert.equal(compression.stats.sent, packedOnes);
      assert.equal(compression.stats.received, packedOnes);
      assert.equal(compression.stats.sentSavedBytes, compression.stats.receivedSavedBytes);
    });

    test('a message that gives more or less than it says is refused', () => {
      const compression = new Compression();
      const packed = algorithm.compress(Buffer.alloc(10_000, 7));
      for (const size of [0, 1, 9_999, 10_001, MAX - 10]) {
        const bytes = forged(algorithm.number, size, packed);
        compression.check(bytes, 0, bytes.length, MAX);
        assert.throws(() => compression.decompress(bytes, 0, bytes.length), `said ${size}`);
      }
      assert.equal(compression.stats.received, 0);
    });

    test('a bomb takes no more memory than it is allowed', () => {
      const compression = new Compression();
      const zeros = Buffer.alloc(256 * 1024 * 1024);
      const packed = algorithm.compress(zeros);
      const bytes = forged(algorithm.number, 1000, packed);
      const before = process.memoryUsage().arrayBuffers;
      compression.check(bytes, 0, bytes.length, MAX);
      assert.throws(() => compression.decompress(bytes, 0, bytes.length));
      const taken = process.memoryUsage().arrayBuffers - before;
      assert.ok(taken < 1024 * 1024, `${taken} bytes`);
      const large = forged(algorithm.number, zeros.length, packed);
      assert.throws(() => compression.check(large, 0, large.length, MAX), {
        reason: 'BAD_FRAME',
        message: /268435456 bytes is larger than the limit of 4194304/,
      });
    });

    test('damaged bytes fail, and nothing else happens', () => {
      const compression = new Compression();
      const packed = compression.compress(algorithm, someBytes(20_000), {});
      assert.ok(packed !== undefined);
      for (let round = 0; round < 500; round++) {
        const bytes: Buffer = Buffer.from(packed.subarray(0, randomInt(5, packed.length + 1)));
        const at = randomInt(bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << randomInt(8));
        try {
          compression.check(bytes, 0, bytes.length, MAX);
          assert.equal(compression.decompress(bytes, 0, bytes.length).length, 20_000);
        } catch (error) {
          assert.ok(
            error instanceof Error && !(error instanceof assert.AssertionError),
            `${error}`,
          );
        }
      }
    });
  });
}

test('a zstd frame that wants a window beyond 8 MiB is refused before it gets one', () => {
  const compression = new Compression();
  const packed = zstdCompressSync(Buffer.alloc(1000, 1), {
    params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  // The frame header's third field says the window: an exponent of 17 above 2^10 (RFC 8878, 3.1.1.1.2).
  const wide = Buffer.from(packed);
  wide[5] = 17 << 3;
  const bytes = forged(ALGORITHMS.zstd.number, 1000, wide);
  assert.throws(() => compression.decompress(bytes, 0, bytes.length), /memory/);
});

test('an algorithm that was not offered, and a message too short to be one, are refused', () => {
  const compression = new Compression({ algorithms: ['zstd'] });
  const packed = forged(ALGORITHMS.deflate.number, 1000, deflateSync(Buffer.alloc(1000)));
  const refused = { reason: 'BAD_FRAME' };
  assert.throws(() => compression.check(packed, 0, packed.length, MAX), refused);
  assert.throws(() => compression.check(packed, 0, 4, MAX), refused);
  assert.throws(
    () => new Compression().check(forged(9, 1, packed), 0, 20, MAX),
    (error) => {
      assert.ok(error instanceof RpcError);
      assert.match(error.message, /by 9, which was not agreed on/);
      return true;
    },
  );
});

test('the receiver says what it reads, in the order it likes', () => {
  const both = new Compression();
  assert.deepEqual([...both.accepted], [2, 1]);
  assert.equal(both.choose(Buffer.from([1, 2])), ALGORITHMS.deflate);
  assert.equal(both.choose(Buffer.from([99, 2, 1])), ALGORITHMS.zstd);
  assert.equal(both.choose(Buffer.from([99])), undefined);
  assert.equal(new Compression({ algorithms: ['deflate'] }).choose(Buffer.from([2])), undefined);
});

test('short messages are left alone, and of those that do not shrink few are tried', () => {
  let tries = 0;
  const counting: Algorithm = {
    ...ALGORITHMS.deflate,
    compress(message) {
      tries++;
      return ALGORITHMS.deflate.compress(message);
    },
  };
  const compression = new Compression({ thresholdBytes: 100 });
  assert.equal(compression.compress(counting, Buffer.alloc(99), kind), undefined);
  assert.equal(tries, 0);
  const noise = randomBytes(5000);
  for (let i = 0; i < 1000; i++) compression.compress(counting, noise, kind);
  assert.ok(tries >= 3 && tries <= 12, `${tries} tries`);
  // Other messages are tried as ever, and these as soon as one of them shrinks.
  assert.ok(compression.compress(counting, Buffer.alloc(5000), {}) !== undefined);
  let left = 1000;
  while (compression.compress(counting, Buffer.alloc(5000), kind) === undefined) {
    assert.ok(left-- > 0, 'never tried again');
  }
  assert.ok(compression.compress(counting, Buffer.alloc(5000), kind) !== undefined);
});
