import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Acl, CREATOR_ALL_ACL, OPEN_ACL, Permission } from '@mpim/zookeeper/protocol';
import { isAllowed } from '../../src/acl/check-acl.ts';
import { digestOf, isValidDigestId, maskDigestId } from '../../src/acl/digest-scheme.ts';
import { fixUpAcl } from '../../src/acl/fix-up-acl.ts';
import { SUPER_IDENTITY } from '../../src/acl/identity.ts';
import { ipMatches, isValidIpId, plainAddress } from '../../src/acl/ip-scheme.ts';
import { RequestError } from '../../src/request-error.ts';

const ALICE = { scheme: 'digest', id: digestOf('alice:secret') };
const LOCAL = { scheme: 'ip', id: '127.0.0.1' };

function refusal(asked: readonly Acl[]): boolean {
  try {
    fixUpAcl(asked, { identities: [LOCAL] });
    return false;
  } catch (error) {
    return error instanceof RequestError && error.code === -114;
  }
}

test('digests are those of ZooKeeper', () => {
  assert.equal(digestOf('super:test'), 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=');
  assert.equal(maskDigestId(ALICE.id), 'alice:x');
  for (const id of ['a:b', ':b', 'a:b:', ':b::']) assert.equal(isValidDigestId(id), true, id);
  for (const id of ['a', 'a:', 'a:b:c', 'a::b', ':', ''])
    assert.equal(isValidDigestId(id), false, id);
});

test('addresses match networks of both families', () => {
  const matches: [string, string, boolean][] = [
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.0/8', true],
    ['128.0.0.1', '127.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.128/25', false],
    ['10.1.2.200', '10.1.2.128/25', true],
    ['10.1.2.3', '0.0.0.0/0', true],
    ['::1', '::1', true],
    ['2001:db8::5', '2001:db8::/32', true],
    ['2001:db9::5', '2001:db8::/32', false],
    ['::1', '0.0.0.0/0', false],
  ];
  for (const [address, id, expected] of matches) {
    assert.equal(ipMatches(address, id), expected, `${address} in ${id}`);
  }
  for (const id of ['1.2.3', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/', 'host', '::1/129']) {
    assert.equal(isValidIpId(id), false, id);
  }
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(plainAddress('::1'), '::1');
});

test('an ACL grants what it says to whom it says', () => {
  const acl = [
    { permissions: Permission.read, scheme: 'world', id: 'anyone' },
    { permissions: Permission.write, ...ALICE },
  ];
  assert.equal(isAllowed(acl, Permission.read, []), true);
  assert.equal(isAllowed(acl, Permission.write, [LOCAL]), false);
  assert.equal(isAllowed(acl, Permission.write, [LOCAL, ALICE]), true);
  assert.equal(isAllowed(acl, Permission.admin, [ALICE]), false);
  assert.equal(isAllowed(acl, Permission.admin, [SUPER_IDENTITY]), true);
});

test('ACLs are put right before they are stored', () => {
  const auth = { permissions: Permission.all, scheme: 'auth', id: 'ignored' };
  const expanded = { permissions: Permission.all, scheme: 'digest', id: ALICE.id };
  assert.deepEqual(fixUpAcl([auth], { identities: [LOCAL, ALICE] }), [expanded]);
  assert.deepEqual(fixUpAcl([...OPEN_ACL, ...OPEN_ACL], { identities: [] }), OPEN_ACL);
  assert.equal(
    fixUpAcl([{ permissions: 31, scheme: 'world', id: 'anyone' }], { identities: [] }),
    OPEN_ACL,
  );
  assert.ok(refusal([]));
  assert.ok(refusal(CREATOR_ALL_ACL), 'an address is no proof');
  assert.ok(refusal([{ permissions: 31, scheme: 'world', id: 'somebody' }]));
  assert.ok(refusal([{ permissions: 31, scheme: 'sasl', id: 'alice' }]));
});
