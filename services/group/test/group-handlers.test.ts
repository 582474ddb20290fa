import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { GroupHandlers } from '../src/group-handlers.ts';
import type { ReadHead } from '../src/read-head.ts';
import { openStore } from './support/store.ts';

async function open(readHead: ReadHead = async () => 0) {
  const opened = await openStore();
  return {
    handlers: new GroupHandlers(opened.store, readHead),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

test('what was said before joining is behind joinedSeq', async () => {
  const asked: string[] = [];
  await using opened = await open(async (conversationId) => {
    asked.push(conversationId);
    return 41;
  });
  const { createGroup, joinGroup, listGroups } = opened.handlers;
  const { group } = await createGroup({ user: 'ann', name: 'Tea', requestId: 'r' });
  assert.ok(group);
  assert.deepEqual(await joinGroup({ user: 'bob', groupId: group.groupId }), {
    group,
    joinedSeq: 41,
  });
  assert.deepEqual(await listGroups({ user: 'bob' }), { memberships: [{ group, joinedSeq: 41 }] });
  await joinGroup({ user: 'bob', groupId: group.groupId });
  assert.deepEqual(asked, [`group:${group.groupId}`], 'who is in already is not counted anew');
});

test('nobody joins while the head cannot be read', async () => {
  await using opened = await open(() =>
    Promise.reject(new RpcError('UNAVAILABLE', '/MessageServiceRpc/GetHead is not exist!')),
  );
  const { createGroup, joinGroup, getMembers } = opened.handlers;
  const { group } = await createGroup({ user: 'ann', name: 'Tea', requestId: 'r' });
  const groupId = group?.groupId ?? '';
  await assert.rejects(joinGroup({ user: 'bob', groupId }), { code: 'UNAVAILABLE' });
  await assert.rejects(getMembers({ user: 'bob', groupId }), { code: 'PERMISSION_DENIED' });
});

test('members are shown to members, with the group', async () => {
  await using opened = await open();
  const { createGroup, getMembers, leaveGroup, joinGroup } = opened.handlers;
  const { group } = await createGroup({ user: 'ann', name: 'Tea', requestId: 'r' });
  const groupId = group?.groupId ?? '';
  await joinGroup({ user: 'bob', groupId });
  const seen = await getMembers({ user: 'bob', groupId });
  assert.deepEqual(seen.group, group);
  assert.equal(seen.members.length, 2);
  await leaveGroup({ user: 'bob', groupId });
  await assert.rejects(getMembers({ user: 'bob', groupId }), { code: 'PERMISSION_DENIED' });
  await assert.rejects(getMembers({ user: 'eve', groupId }), { code: 'PERMISSION_DENIED' });
  await assert.rejects(getMembers({ user: 'eve', groupId: 'nosuch' }), { code: 'NOT_FOUND' });
});

test('malformed fields are refused by name', async () => {
  await using opened = await open();
  const { createGroup, joinGroup } = opened.handlers;
  const good = { user: 'ann', name: 'Tea', requestId: 'r' };
  const bad = [
    { ...good, user: 'Ann' },
    { ...good, user: '' },
    { ...good, name: ' \t ' },
    { ...good, name: 'x'.repeat(65) },
    { ...good, name: 'a\nb' },
    { ...good, name: 'a\u2028b' },
    { ...good, requestId: '' },
    { ...good, requestId: 'x'.repeat(65) },
    { ...good, requestId: 'é' },
  ];
  for (const request of bad) {
    await assert.rejects(createGroup(request), { code: 'INVALID_ARGUMENT' });
  }
  const group = await createGroup({ ...good, name: `  ${'茶'.repeat(64)} ` });
  assert.equal(group.group?.name, '茶'.repeat(64));
  for (const groupId of ['', 'A', 'a:b', 'x'.repeat(33)]) {
    await assert.rejects(joinGroup({ user: 'ann', groupId }), { code: 'INVALID_ARGUMENT' });
  }
});
