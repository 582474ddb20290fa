import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import {
  OPEN_ACL,
  OpCode,
  SpecialXid,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetAclRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { outcomeOf, type Write } from '../support/outcome.ts';

const missing = await missingDebianPackage('zookeeper');

type OddRequest = readonly [label: string, op: number, body: Write, xid?: number];

const nothing: Write = () => {};
const all =
  (...writes: Write[]): Write =>
  (output) => {
    for (const write of writes) write(output);
  };
const bytes =
  (...values: number[]): Write =>
  (output) =>
    output.raw(Buffer.from(values));
const text =
  (value: string | null): Write =>
  (output) =>
    output.string(value);
const int =
  (value: number): Write =>
  (output) =>
    output.int(value);
const buffer =
  (value: string | null): Write =>
  (output) =>
    output.buffer(value === null ? null : Buffer.from(value));

const create =
  (path: string, flags = 0): Write =>
  (output) =>
    writeCreateRequest(output, { path, data: null, acl: OPEN_ACL, flags });
const read =
  (path: string): Write =>
  (output) =>
    writePathWatchRequest(output, { path, watch: true });
const set =
  (path: string): Write =>
  (output) =>
    writeSetDataRequest(output, { path, data: Buffer.from('x'), version: -1 });
const setAcl =
  (version: number): Write =>
  (output) =>
    writeSetAclRequest(output, { path: '/', acl: OPEN_ACL, version });

/** A part of a multi, with its header. */
const part =
  (type: number, body: Write, done = false): Write =>
  (output) => {
    output.int(type);
    output.bool(done);
    output.int(-1);
    body(output);
  };
const end = part(-1, nothing, true);

const MULTIS: readonly OddRequest[] = [
  ['a parent', OpCode.create, create('/p')],
  [
    'a multi of a write and a read',
    OpCode.multi,
    all(part(1, create('/m')), part(4, read('/p')), end),
  ],
  ['a multi of a read', OpCode.multi, all(part(4, read('/p')), end)],
  ['a multi of an unknown kind', OpCode.multi, all(part(77, nothing), end)],
  ['a multi in a multi', OpCode.multi, all(part(14, end), end)],
  ['a multi with setACL', OpCode.multi, all(part(7, setAcl(-1)), end)],
  ['a multi with deleteContainer', OpCode.multi, all(part(20, text('/p')), end)],
  ['a multi with an error', OpCode.multi, all(part(-1, int(-101)), end)],
  ['a multi without an end', OpCode.multi, part(1, create('/m'))],
  ['a multi whose first part says it is the end', OpCode.multi, part(1, create('/m'), true)],
  ['a multi of nothing at all', OpCode.multi, nothing],
  ['a multi with more behind it', OpCode.multi, all(part(1, create('/m')), end, bytes(1, 2, 3))],
  ['a multiRead with exists', OpCode.multiRead, all(part(3, read('/p')), end)],
  [
    'a multiRead with a write',
    OpCode.multiRead,
    all(part(4, read('/p')), part(1, create('/r')), end),
  ],
  ['a multiRead without parts', OpCode.multiRead, end],
  [
    'a multiRead that watches',
    OpCode.multiRead,
    all(part(4, read('/p')), part(4, read('/none')), end),
  ],
];

const TYPES = [0, 6, 99, -1];
const WATCHES: readonly OddRequest[] = [
  ...TYPES.map(
    (type) =>
      [`removeWatches of type ${type}`, OpCode.removeWatches, all(text('/p'), int(type))] as const,
  ),
  ...TYPES.map(
    (type) =>
      [`checkWatches of type ${type}`, OpCode.checkWatches, all(text('/p'), int(type))] as const,
  ),
  ['removeWatches of a bad path', OpCode.removeWatches, all(text('p'), int(3))],
  ['addWatch of mode 2', OpCode.addWatch, all(text('/p'), int(2))],
  ['addWatch of mode -1', OpCode.addWatch, all(text('/p'), int(-1))],
  ['addWatch of a bad path', OpCode.addWatch, all(text('//x/'), int(0))],
  [
    'setWatches with an xid of its own',
    OpCode.setWatches,
    all(int(0), int(0), int(0), int(0), int(0)),
    9,
  ],
  [
    'setWatches2 that is cut',
    OpCode.setWatches2,
    all(int(0), int(0), int(0)),
    SpecialXid.setWatches,
  ],
];

const AUTH: readonly OddRequest[] = [
  ['auth with an xid of its own', OpCode.auth, all(int(0), text('digest'), buffer('a:b')), 77],
  ['auth of another type', OpCode.auth, all(int(5), text('digest'), buffer('a:b'))],
  ...[null, 'world', 'x509', 'super', 'auth', ''].map(
    (scheme) =>
      [
        `auth with the scheme ${scheme}`,
        OpCode.auth,
        all(int(0), text(scheme), buffer('a')),
      ] as const,
  ),
  ['auth with nothing', OpCode.auth, all(int(0), text('digest'), buffer(''))],
  ['SASL where it is not set up', OpCode.sasl, buffer('')],
  ['SASL with a token where it is not set up', OpCode.sasl, buffer('abc')],
];

const acl = (scheme: string, id: string, permissions = 31): Write =>
  all(text('/acl'), buffer(null), int(1), int(permissions), text(scheme), text(id), int(0));
const ACLS: readonly OddRequest[] = [
  ...['127.0.0.1/33', '127.0.0.1/', '', '300.1.1.1', '1.2.3.4/x', '1.2.3.4/-1'].map(
    (id) => [`an ACL for ip:${id}`, OpCode.create, acl('ip', id)] as const,
  ),
  ...['a:', ':', 'a::b', '', '::'].map(
    (id) => [`an ACL for digest:${id}`, OpCode.create, acl('digest', id)] as const,
  ),
  ['an ACL for nobody of the world', OpCode.create, acl('world', '')],
  ['an ACL for SASL, which is not set up', OpCode.create, acl('sasl', 'bob')],
  ['an ACL for certificates, which are not asked for', OpCode.create, acl('x509', 'CN=x')],
  ['an ACL for super', OpCode.create, acl('super', '')],
  ['null for an ACL', OpCode.create, all(text('/acl'), buffer(null), int(-1), int(0))],
  [
    'an ACL of two thousand million',
    OpCode.create,
    all(text('/acl'), buffer(null), int(0x7fff_ffff)),
  ],
  [
    'an ACL for digest:a:b:',
    OpCode.create,
    all(text('/d'), buffer(null), int(1), int(31), text('digest'), text('a:b:'), int(0)),
  ],
  [
    'an ACL with all bits',
    OpCode.setACL,
    all(text('/p'), int(1), int(-1), text('world'), text('anyone'), int(-1)),
  ],
  ['ACL of the root, of another version', OpCode.setACL, setAcl(7)],
  ['ACL of the root', OpCode.setACL, setAcl(-1)],
  ['ACL of /zookeeper/config', OpCode.getACL, text('/zookeeper/config')],
];

const BODIES: readonly OddRequest[] = [
  ['data of the root', OpCode.setData, set('/')],
  ['data of /zookeeper', OpCode.setData, set('/zookeeper')],
  ['data of /zookeeper/config', OpCode.setData, set('/zookeeper/config')],
  ['data of nothing', OpCode.setData, set('')],
  ['data of negative length', OpCode.setData, all(text('/p'), int(-7), int(-1))],
  ['a path of negative length', OpCode.exists, all(int(-2), bytes(0))],
  ['a path of two thousand million bytes', OpCode.exists, all(int(0x7fff_ffff), bytes(0))],
  ['a path that is no text', OpCode.exists, all(int(3), bytes(0x2f, 0xff, 0xfe, 0))],
  ['a path with a smile', OpCode.create, create('/\u{1f600}')],
  ['a path with umlauts', OpCode.create, create('/ümläut')],
  ['a flag that is neither yes nor no', OpCode.exists, all(text('/p'), bytes(2))],
  ['more behind a body', OpCode.exists, all(read('/p'), bytes(1, 2, 3, 4))],
  ['a ping with an xid of its own', OpCode.ping, nothing, SpecialXid.ping],
  ['the lowest xid', OpCode.exists, read('/p'), -(2 ** 31)],
  ['xid 0', OpCode.exists, read('/p'), 0],
  ['a sequence at the root', OpCode.create, create('/', 3)],
  ['a sequence without a slash', OpCode.create, create('p/', 2)],
  ['an ephemeral container', OpCode.createContainer, create('/cc', 1)],
  ['a container by create2', OpCode.create2, create('/c4', 4)],
  ['a time to live by create2', OpCode.create2, create('/c5', 5)],
  ['a node below quota', OpCode.create, create('/zookeeper/quota/q')],
  ['descendants of the empty path', OpCode.getAllChildrenNumber, text('')],
  ['sync of a bad path', OpCode.sync, text('//')],
  ...[0, 10, 17, 23, 108].map((op) => [`kind ${op}`, op, nothing] as const),
  ['the end, with more behind it', OpCode.closeSession, bytes(1, 2, 3)],
];

test('bodies that no client library makes are answered as Apache ZooKeeper answers them', {
  skip: missing ?? false,
}, async (t) => {
  await using apache = await ApacheZooKeeper.start({ forceSync: 'no' });
  await using ours = await ZooKeeperServer.start({ extendedTypes: true, maxClientConnections: 0 });
  for (const [label, op, body, xid] of [...MULTIS, ...WATCHES, ...AUTH, ...ACLS, ...BODIES]) {
    await t.test(label, async () => {
      const theirs = await outcomeOf(apache.port, { op, body, xid });
      assert.deepEqual(await outcomeOf(ours.port, { op, body, xid }), theirs);
    });
  }
});
