import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkRecord, decodeRecord, encodeRecord, GovernanceError } from '../src/index.ts';
import { instanceRecord } from './support/instance-record.ts';

const record = instanceRecord('user-1', { metadata: { http: '127.0.0.1:8080' } });

test('a record survives the round trip, frozen and without unknown fields', () => {
  const bytes = Buffer.from(JSON.stringify({ ...record, somethingNew: 1 }));
  const read = decodeRecord(bytes, 'UserServiceRpc', 'user-1');
  assert.deepEqual(read, record);
  assert.ok(
    Object.isFrozen(read) && Object.isFrozen(read.methods) && Object.isFrozen(read.metadata),
  );
  assert.ok(encodeRecord(read).length < 1024);
});

test('each field is checked and named', () => {
  const wrong: [string, Record<string, unknown>][] = [
    ['service', { service: 'config' }],
    ['service', { service: 'a/b' }],
    ['id', { id: '../x' }],
    ['id', { id: '' }],
    ['host', { host: '0.0.0.0' }],
    ['host', { host: 'user:pass@host' }],
    ['port', { port: 0 }],
    ['port', { port: '7001' }],
    ['adminPort', { adminPort: -1 }],
    ['version', { version: 1 }],
    ['weight', { weight: 1.5 }],
    ['zone', { zone: 'z'.repeat(257) }],
    ['methods', { methods: ['Login', 'a/b'] }],
    ['methods', { methods: 'Login' }],
    ['startedAt', { startedAt: Number.NaN }],
    ['metadata', { metadata: { a: 1 } }],
    ['metadata', { metadata: [] }],
  ];
  for (const [field, part] of wrong) {
    assert.throws(
      () => checkRecord({ ...record, ...part }),
      (error) =>
        error instanceof GovernanceError &&
        error.code === 'INVALID_RECORD' &&
        error.field === field,
      JSON.stringify(part),
    );
  }
});

test('nobody speaks for another instance or service', () => {
  const bytes = encodeRecord(record);
  assert.throws(() => decodeRecord(bytes, 'UserServiceRpc', 'user-2'), { field: 'id' });
  assert.throws(() => decodeRecord(bytes, 'GroupServiceRpc', 'user-1'), { field: 'service' });
});

test('any bytes are either a record or an INVALID_RECORD', () => {
  const isRefusal = (error: unknown) =>
    error instanceof GovernanceError && error.code === 'INVALID_RECORD';
  const refused = (bytes: Buffer | null) =>
    assert.throws(() => decodeRecord(bytes, 'UserServiceRpc', 'user-1'), isRefusal);
  refused(null);
  refused(Buffer.alloc(0));
  refused(Buffer.alloc(20_000, 0x20));
  fc.assert(fc.property(fc.jsonValue(), (value) => refused(Buffer.from(JSON.stringify(value)))));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => refused(Buffer.from(bytes))));
});
