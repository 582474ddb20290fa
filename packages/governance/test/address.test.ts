import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isCallableHost, parseAddress } from '../src/address.ts';

test('IPv4, IPv6 and names have one form each', () => {
  assert.equal(formatAddress({ host: '127.0.0.1', port: 7001 }), '127.0.0.1:7001');
  assert.equal(formatAddress({ host: '::1', port: 7001 }), '[::1]:7001');
  assert.deepEqual(parseAddress('[::1]:7001'), { host: '::1', port: 7001 });
  assert.deepEqual(parseAddress('user-1.local:80'), { host: 'user-1.local', port: 80 });
});

test('what is no callable address is refused', () => {
  const refused = [
    '',
    ':80',
    'host',
    'host:',
    'host:0',
    'host:65536',
    'host:80x',
    'host: 80',
    'host:+80',
    '::1:80',
    '[127.0.0.1]:80',
    '[host]:80',
    '0.0.0.0:80',
    '[::]:80',
    '[0:0:0:0:0:0:0:0]:80',
    '[fe80::1%eth0]:80',
    'user@host:80',
    'http://host:80',
    'host/path:80',
    'a..b:80',
    '1.2.3:80',
    '256.1.1.1:80',
    'h\n:80',
  ];
  for (const text of refused) assert.equal(parseAddress(text), undefined, text);
});

test('every callable host survives the round trip', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()).filter(isCallableHost),
      fc.integer({ min: 1, max: 65_535 }),
      (host, port) => assert.deepEqual(parseAddress(formatAddress({ host, port })), { host, port }),
    ),
  );
});
