import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../support/store.ts';

test('a creation repeated with its request id gives the same group, also after it ended', async () => {
  await using opened = await openStore();
  const { store } = opened;
  const group = await store.create('ann', 'Tea', 'r1');
  assert.match(group.groupId, /^[a-z0-9]{12}$/);
  assert.deepEqual(group, { groupId: group.groupId, name: 'Tea', owner: 'ann', createdAt: 1_000 });
  assert.deepEqual(await store.create('ann', 'Tea', 'r1'), group);
  await assert.rejects(store.create('ann', 'Coffee', 'r1'), { code: 'ALREADY_EXISTS' });
  assert.notEqual((await store.create('bob', 'Tea', 'r1')).groupId, group.groupId);
  await store.leave('ann', group.groupId);
  assert.deepEqual(await store.create('ann', 'Tea', 'r1'), group);
  assert.deepEqual(await store.list('ann'), []);
});

test('creations of one request that run at once make one group', async () => {
  await using opened = await openStore();
  const groups = await Promise.all(
    Array.from({ length: 10 }, () => opened.store.create('ann', 'Tea', 'r1')),
  );
  assert.equal(new Set(groups.map((group) => group.groupId)).size, 1);
  assert.equal((await opened.store.list('ann')).length, 1);
});

test('joining again keeps the first joined seq; leaving and joining takes the new one', async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { groupId } = await store.create('ann', 'Tea', 'r1');
  assert.equal((await store.join('bob', groupId, 5)).joinedSeq, 5);
  assert.equal((await store.join('bob', groupId, 9)).joinedSeq, 5);
  assert.deepEqual(
    (await store.members(groupId)).map((member) => [member.user, member.role]),
    [
      ['ann', 'owner'],
      ['bob', 'member'],
    ],
  );
  await store.leave('bob', groupId);
  await store.leave('bob', groupId);
  assert.equal((await store.join('bob', groupId, 9)).joinedSeq, 9);
});

test('the owner leaves last, and that ends the group', async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { groupId } = await store.create('ann', 'Tea', 'r1');
  await store.join('bob', groupId, 0);
  await assert.rejects(store.leave('ann', groupId), { code: 'FAILED_PRECONDITION' });
  await store.leave('bob', groupId);
  await store.leave('ann', groupId);
  await store.leave('ann', groupId);
  await assert.rejects(store.join('bob', groupId, 0), { code: 'NOT_FOUND' });
  await assert.rejects(store.membership('ann', groupId), { code: 'NOT_FOUND' });
  await assert.rejects(store.leave('ann', 'nosuchgroup'), { code: 'NOT_FOUND' });
});

test('a living group always has its owner, however leaving and joining interleave', async () => {
  await using opened = await openStore();
  const { store } = opened;
  for (let round = 0; round < 10; round++) {
    const { groupId } = await store.create('ann', 'Tea', `r${round}`);
    await Promise.allSettled([store.join('bob', groupId, 0), store.leave('ann', groupId)]);
    const roles = (await store.members(groupId)).map((member) => member.role);
    const living = await store.membership('x', groupId).then(
      () => true,
      () => false,
    );
    assert.deepEqual(roles, living ? ['owner', 'member'] : []);
  }
});

test('no group and no list grows past its limit, also when many join at once', async () => {
  await using opened = await openStore({ membersPerGroup: 3, groupsPerUser: 2 });
  const { store } = opened;
  const { groupId } = await store.create('ann', 'Tea', 'r1');
  const joins = await Promise.allSettled(
    ['b', 'c', 'd', 'e'].map((user) => store.join(user, groupId, 0)),
  );
  assert.equal(joins.filter((join) => join.status === 'fulfilled').length, 2);
  assert.equal((await store.members(groupId)).length, 3);
  await store.create('ann', 'Two', 'r2');
  await assert.rejects(store.create('ann', 'Three', 'r3'), { code: 'FAILED_PRECONDITION' });
});
