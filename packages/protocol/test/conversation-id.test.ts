import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  directConversationId,
  directPeer,
  groupConversationId,
  parseConversationId,
} from '../src/conversation-id.ts';

const user = fc.stringMatching(/^[a-z0-9_.-]{1,32}$/);

test('both users of a direct conversation name it alike, and find each other in it', () => {
  fc.assert(
    fc.property(user, user, (a, b) => {
      const id = directConversationId(a, b);
      assert.equal(id, directConversationId(b, a));
      assert.equal(directPeer(id, a), b);
      assert.equal(directPeer(id, b), a);
    }),
  );
});

test('a stranger has no peer in a conversation that is not theirs', () => {
  assert.equal(directPeer('dm:alice:bob', 'carol'), undefined);
  assert.equal(directPeer('group:abc', 'alice'), undefined);
});

test('only the canonical form is an id', () => {
  assert.deepEqual(parseConversationId('dm:alice:bob'), {
    kind: 'direct',
    users: ['alice', 'bob'],
  });
  assert.deepEqual(parseConversationId(groupConversationId('a1')), {
    kind: 'group',
    groupId: 'a1',
  });
  for (const bad of [
    '',
    'dm',
    'dm:bob:alice',
    'dm:a',
    'dm:a:b:c',
    'dm:A:b',
    'group:',
    'group:A',
    'group:a:b',
    'x:a:b',
    'dm::a',
  ]) {
    assert.equal(parseConversationId(bad), undefined, bad);
  }
});
