import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  readGetAllChildrenNumberResponse,
  readGetEphemeralsResponse,
  writeCreateRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient } from '../support/raw-client.ts';

const missing = await missingDebianPackage('zookeeper');

async function create(client: RawClient, path: string, mode: 'persistent' | 'ephemeral') {
  const request = { path, data: null, acl: OPEN_ACL, flags: createModeFlags(mode) };
  await client.request(OpCode.create, (output) => writeCreateRequest(output, request));
}

/** What is counted below paths and found under prefixes, odd ones too. */
async function sets(port: number): Promise<object> {
  using client = await RawClient.open(port);
  for (const path of ['/a', '/a/b', '/a/b/c', '/ab']) await create(client, path, 'persistent');
  for (const path of ['/a/e', '/a/ee', '/e']) await create(client, path, 'ephemeral');
  const counts: (readonly [string, number])[] = [];
  for (const path of ['/a', '/a/b', '/a/b/c', '/a/', '/', '', '/zookeeper', '/none']) {
    const reply = await client.request(OpCode.getAllChildrenNumber, (out) => out.string(path));
    assert.ok(reply);
    const { error, body } = reply;
    const count = error === 0 ? readGetAllChildrenNumberResponse(body).totalNumber : error;
    counts.push([path, count]);
  }
  const found: (readonly [string | null, readonly string[]])[] = [];
  for (const prefix of [
    '/a',
    '/a/e',
    '/a/ee',
    'a',
    ' /a',
    '/a ',
    '/',
    ' / ',
    ' ',
    '',
    null,
    '//',
  ]) {
    const reply = await client.request(OpCode.getEphemerals, (out) => out.string(prefix));
    assert.ok(reply);
    found.push([prefix, [...readGetEphemeralsResponse(reply.body).ephemerals].sort()]);
  }
  return { counts, found };
}

test('descendants and ephemeral nodes are those that Apache ZooKeeper counts and finds', {
  skip: missing ?? false,
}, async () => {
  await using apache = await ApacheZooKeeper.start({ forceSync: 'no' });
  await using ours = await ZooKeeperServer.start();
  assert.deepEqual(await sets(ours.port), await sets(apache.port));
});
