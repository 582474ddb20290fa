import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import {
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writeCreateTtlRequest,
  writeDeleteRequest,
  writePathWatchRequest,
  writeSetAclRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { outcomeOf, type Write } from '../support/outcome.ts';

const missing = await missingDebianPackage('zookeeper');

const path =
  (value: string | null, ...rest: Write[]): Write =>
  (output) => {
    output.string(value);
    for (const write of rest) write(output);
  };
const int =
  (value: number): Write =>
  (output) =>
    output.int(value);
const bool: Write = (output) => output.bool(false);

function create(name: string, flags = 0, acl = OPEN_ACL): Write {
  return (output) => writeCreateRequest(output, { path: name, data: null, acl, flags });
}

function createTtl(ttlMs: number, flags = 5): Write {
  return (output) =>
    writeCreateTtlRequest(output, { path: '/ttl', data: null, acl: OPEN_ACL, flags, ttlMs });
}

/** An ACL record by record, so that each part can be null. */
function rawAcl(scheme: string | null, id: string | null): Write {
  return (output) => {
    output.string('/acl');
    output.buffer(null);
    output.int(1);
    output.int(31);
    output.string(scheme);
    output.string(id);
    output.int(0);
  };
}

const erase =
  (name: string, version = -1): Write =>
  (output) =>
    writeDeleteRequest(output, { path: name, version });
const set =
  (name: string, version: number): Write =>
  (output) =>
    writeSetDataRequest(output, { path: name, data: null, version });
const read =
  (name: string): Write =>
  (output) =>
    writePathWatchRequest(output, { path: name, watch: true });

/** What clients seldom send, in the order it is sent; each over a connection of its own. */
const REQUESTS: readonly (readonly [label: string, op: number, body: Write])[] = [
  ['create a parent', OpCode.create, create('/p')],
  ['create the root', OpCode.create, create('/')],
  ['create nothing', OpCode.create, create('')],
  ['create without a slash', OpCode.create, create('p')],
  ['create with a slash at the end', OpCode.create, create('/p/')],
  ['create a sequence of nothing', OpCode.create2, create('/p/', 2)],
  ['create with a flag that is none', OpCode.create, create('/f', 99)],
  ['create a node with a time to live as a plain one', OpCode.create, create('/f', 5)],
  ['create a plain node as a container', OpCode.createContainer, create('/c', 0)],
  ['create a container as a plain node', OpCode.create, create('/c2', 4)],
  ['create with . in it', OpCode.create, create('/p/./a')],
  ['create below what is not there', OpCode.create, create('/none/a')],
  ['create with a bad name below what is not there', OpCode.create, create('/none//')],
  ['create with a bad ACL below what is not there', OpCode.create, create('/none/a', 0, [])],
  ['create in /zookeeper', OpCode.create, create('/zookeeper/own')],
  ['ttl of nothing', OpCode.createTTL, createTtl(0)],
  ['ttl of less than nothing', OpCode.createTTL, createTtl(-1)],
  ['ttl of the most there is', OpCode.createTTL, createTtl(2 ** 40 - 1)],
  ['ttl of more than there is', OpCode.createTTL, createTtl(2 ** 40)],
  ['ttl without its flag', OpCode.createTTL, createTtl(1000, 0)],
  ['delete the root', OpCode.delete, erase('/')],
  ['delete /zookeeper', OpCode.delete, erase('/zookeeper')],
  ['delete /zookeeper/quota', OpCode.delete, erase('/zookeeper/quota')],
  ['delete /zookeeper/config', OpCode.delete, erase('/zookeeper/config')],
  ['delete below what is not there', OpCode.delete, erase('/none/a')],
  ['delete nothing', OpCode.delete, erase('')],
  ['set with version -2', OpCode.setData, set('/p', -2)],
  ['set a bad path', OpCode.setData, set('/p//', -1)],
  ['set what is not there', OpCode.setData, set('/none', -1)],
  ['read a bad path', OpCode.getData, read('/p//')],
  ['read nothing', OpCode.getData, read('')],
  ['exists of nothing', OpCode.exists, read('')],
  ['exists with a zero in it', OpCode.exists, read('/a\0b')],
  ['children of a bad path', OpCode.getChildren2, read('//')],
  ['descendants of the root', OpCode.getAllChildrenNumber, path('/')],
  ['descendants of what is not there', OpCode.getAllChildrenNumber, path('/none')],
  ['ephemerals of nothing', OpCode.getEphemerals, path('')],
  ['ephemerals of null', OpCode.getEphemerals, path(null)],
  ['sync what is not there', OpCode.sync, path('/none')],
  ['ACL of what is not there', OpCode.getACL, path('/none')],
  [
    'set an empty ACL of what is not there',
    OpCode.setACL,
    (output) => writeSetAclRequest(output, { path: '/none', acl: [], version: -1 }),
  ],
  ['an ACL without a scheme', OpCode.create, rawAcl(null, 'anyone')],
  ['an ACL of a scheme nobody knows', OpCode.create, rawAcl('magic', 'x')],
  ['an ACL for somebody of the world', OpCode.create, rawAcl('world', 'somebody')],
  ['an ACL for an address that is none', OpCode.create, rawAcl('ip', '1.2.3')],
  ['an ACL for a digest without a colon', OpCode.create, rawAcl('digest', 'u')],
  ['an ACL for whoever asks', OpCode.create, rawAcl('auth', '')],
  ['null as the path of exists', OpCode.exists, path(null, bool)],
  ['null as the path of getData', OpCode.getData, path(null, bool)],
  ['null as the path of delete', OpCode.delete, path(null, int(-1))],
  ['null as the path of create', OpCode.create, path(null, int(-1), int(0), int(0))],
  ['null as the path of setData', OpCode.setData, path(null, int(-1), int(-1))],
  ['null as the path of getChildren', OpCode.getChildren, path(null, bool)],
  ['null as the path of getACL', OpCode.getACL, path(null)],
  ['null as the path of sync', OpCode.sync, path(null)],
  ['null as the path of addWatch', OpCode.addWatch, path(null, int(0))],
  ['null as the path of descendants', OpCode.getAllChildrenNumber, path(null)],
  ['remove a watch there is none of', OpCode.removeWatches, path('/p', int(3))],
  ['check a watch there is none of', OpCode.checkWatches, path('/p', int(1))],
  ['reconfig', OpCode.reconfig, (output) => output.raw(Buffer.alloc(20))],
  ['an unknown kind', 77, () => {}],
  ['an error as a request', -1, () => {}],
  ['a body that is missing', OpCode.create, () => {}],
];

test('what clients seldom send is answered as Apache ZooKeeper answers it', {
  skip: missing ?? false,
}, async (t) => {
  await using apache = await ApacheZooKeeper.start({ forceSync: 'no' });
  await using ours = await ZooKeeperServer.start({ extendedTypes: true, maxClientConnections: 0 });
  for (const [label, op, body] of REQUESTS) {
    await t.test(label, async () => {
      const theirs = await outcomeOf(apache.port, { op, body });
      assert.deepEqual(await outcomeOf(ours.port, { op, body }), theirs);
    });
  }
});
