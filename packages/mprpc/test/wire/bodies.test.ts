import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RpcError, STATUS_NUMBERS, type StatusCode } from '../../src/errors.ts';
import { decodeGoaway, encodeGoaway, isLater } from '../../src/wire/goaway.ts';
import { decodeHello, encodeHello } from '../../src/wire/hello.ts';
import { decodeMetadata, encodeMetadata, metadataEnd } from '../../src/wire/metadata.ts';
import { decodeStatus, encodeStatus, statusFlags } from '../../src/wire/status-frame.ts';

/** Every reader is given every prefix of something valid, and noise: it reads it or says BAD_FRAME, nothing else. */
function onlyBadFrames(read: (bytes: Buffer) => unknown, valid: Buffer): void {
  const attempt = (bytes: Buffer): void => {
    try {
      read(bytes);
    } catch (error) {
      assert.ok(error instanceof RpcError && error.reason === 'BAD_FRAME', String(error));
    }
  };
  for (let end = 0; end < valid.length; end++) attempt(valid.subarray(0, end));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => attempt(Buffer.from(noise))));
}

describe('metadata', () => {
  const key = fc.string({ unit: fc.constantFrom(...'abz09_.-'), minLength: 1, maxLength: 20 });
  const entries = fc.dictionary(key, fc.string({ unit: 'binary', maxLength: 20 }));

  test('comes out as it went in, in front of whatever follows', () => {
    fc.assert(
      fc.property(entries, (metadata) => {
        const block = encodeMetadata(metadata, 16_384);
        if (block === undefined) return assert.deepEqual(Object.keys(metadata), []);
        const bytes = Buffer.concat([Buffer.from('ab'), block, Buffer.from('rest')]);
        const read = decodeMetadata(bytes, 2, bytes.length, 16_384);
        assert.deepEqual({ ...read }, { ...metadata });
        assert.equal(metadataEnd(bytes, 2, bytes.length), 2 + block.length);
      }),
    );
  });

  test('a key named __proto__ is a key', () => {
    const block = encodeMetadata(JSON.parse('{"__proto__":"x"}'), 100) as Buffer;
    const read = decodeMetadata(block, 0, block.length, 100);
    assert.equal(Object.getPrototypeOf(read), null);
    assert.deepEqual(Object.keys(read), ['__proto__']);
  });

  test('bad keys and blocks over the limit are refused', () => {
    for (const bad of ['Upper', 'white space', '', 'ü']) {
      assert.throws(() => encodeMetadata({ [bad]: '1' }, 100), { code: 'INVALID_ARGUMENT' });
    }
    const large = { key: 'x'.repeat(100) };
    assert.throws(() => encodeMetadata(large, 50), { code: 'RESOURCE_EXHAUSTED' });
    assert.throws(() => encodeMetadata({ key: 'x'.repeat(70_000) }, 1e6), {
      code: 'RESOURCE_EXHAUSTED',
    });
    const block = encodeMetadata(large, 500) as Buffer;
    assert.throws(() => decodeMetadata(block, 0, block.length, 50), { reason: 'BAD_FRAME' });
  });

  test('broken blocks are bad frames', () => {
    const valid = encodeMetadata({ trace: 'abc', second: 'ü' }, 1000) as Buffer;
    onlyBadFrames((bytes) => decodeMetadata(bytes, 0, bytes.length, 1000), valid);
  });
});

describe('HELLO', () => {
  const hello = {
    version: 3,
    minVersion: 1,
    capabilities: 5,
    maxFrameBytes: 4711,
    maxMetadataBytes: 42,
    streamWindowBytes: 77_000,
    fields: new Map([
      [1, Buffer.from('token')],
      [900, Buffer.alloc(0)],
    ]),
  };

  test('comes out as it went in, unknown fields included', () => {
    const body = encodeHello(hello);
    assert.deepEqual(decodeHello(body, 0, body.length), hello);
  });

  test('a stranger and a version from another time are told so', () => {
    const http = Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n');
    assert.throws(() => decodeHello(http, 0, http.length), /does not speak mprpc/);
    const future = encodeHello({ ...hello, minVersion: 2 });
    assert.throws(() => decodeHello(future, 0, future.length), /versions 2 to 3 .* version 1/);
  });

  test('broken ones are bad frames', () => {
    onlyBadFrames((bytes) => decodeHello(bytes, 0, bytes.length), encodeHello(hello));
  });
});

describe('STATUS', () => {
  test('carries each of the sixteen codes with all facts', () => {
    const codes = Object.keys(STATUS_NUMBERS).filter((code) => code !== 'OK') as StatusCode[];
    assert.equal(codes.length, 16);
    for (const code of codes) {
      const error = new RpcError(code, 'größe', { reason: 'R', details: Buffer.from([1, 2]) });
      const body = encodeStatus(error, 1000);
      const read = decodeStatus(statusFlags(error), body, 0, body.length);
      assert.equal(read.code, code);
      assert.equal(read.status, STATUS_NUMBERS[code]);
      assert.equal(read.message, 'größe');
      assert.equal(read.reason, 'R');
      assert.deepEqual(Buffer.from(read.details as Uint8Array), Buffer.from([1, 2]));
      assert.equal(read.retryable, code === 'UNAVAILABLE' || code === 'RESOURCE_EXHAUSTED');
      assert.ok(read.sent);
    }
  });

  test('long texts are cut between characters, details that do not fit are left out', () => {
    const error = new RpcError('ABORTED', 'ü'.repeat(5000), { details: Buffer.alloc(500) });
    const body = encodeStatus(error, 4200);
    assert.ok(body.length <= 4200);
    const read = decodeStatus(0, body, 0, body.length);
    assert.equal(read.message, 'ü'.repeat(2048));
    assert.equal(read.details, undefined);
  });

  test('broken ones are bad frames', () => {
    const valid = encodeStatus(new RpcError('ABORTED', 'text', { reason: 'R' }), 100);
    onlyBadFrames((bytes) => decodeStatus(0, bytes, 0, bytes.length), valid);
  });
});

describe('GOAWAY', () => {
  test('comes out as it went in; broken ones are bad frames', () => {
    const goaway = { lastId: 0xfffffff0, code: 0, message: 'shutting down' };
    const body = encodeGoaway(goaway);
    assert.deepEqual(decodeGoaway(body, 0, body.length), goaway);
    onlyBadFrames((bytes) => decodeGoaway(bytes, 0, bytes.length), body);
  });

  test('call ids compare over the wrap', () => {
    assert.ok(isLater(5, 4));
    assert.ok(!isLater(4, 4));
    assert.ok(isLater(3, 0xfffffff0));
    assert.ok(!isLater(0xfffffff0, 3));
  });
});
