import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { checkNewPassword, parseDevice, parseNewUser } from '../../src/accounts/account-input.ts';

function refused(reason: string, pattern: RegExp) {
  return (error: unknown) =>
    error instanceof RpcError &&
    error.code === 'INVALID_ARGUMENT' &&
    error.reason === reason &&
    pattern.test(error.message);
}

test('a handle is folded to lower case and may hold a-z 0-9 _ . - only', () => {
  assert.equal(parseNewUser('Alice.B-2_x'), 'alice.b-2_x');
  for (const bad of ['', 'a b', 'a:b', 'ünal', 'a/b', "x' or '1'='1", 'x'.repeat(33), 'a\n']) {
    assert.throws(() => parseNewUser(bad), refused('INVALID_USER', /^user .*choose 1 to 32/));
  }
});

test('a password is limited in bytes, and an error never repeats it', () => {
  checkNewPassword('123456', 6);
  checkNewPassword('ü'.repeat(128), 6);
  assert.throws(
    () => checkNewPassword('12345', 6),
    refused('INVALID_PASSWORD', /too short.*6 to 256/),
  );
  assert.throws(
    () => checkNewPassword(`s3cret${'ü'.repeat(128)}`, 6),
    (error) => error instanceof RpcError && !error.message.includes('s3cret'),
  );
});

test('a device is a short name', () => {
  assert.equal(parseDevice(' phone '), 'phone');
  assert.equal(parseDevice(''), 'unknown');
  assert.throws(() => parseDevice('x'.repeat(65)), refused('INVALID_DEVICE', /64 bytes/));
  assert.throws(() => parseDevice('a\u0007b'), refused('INVALID_DEVICE', /control/));
});
