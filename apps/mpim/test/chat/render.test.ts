import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { ConversationSummary } from '@mpim/client';
import { handleOf, listLines, messageLine, noticeLine, promptFor } from '../../src/chat/render.ts';

const now = Date.now();
const plain = (text: string) => stripVTControlCharacters(text);

function summary(change: Partial<ConversationSummary>): ConversationSummary {
  return {
    conversationId: 'dm:alice:bob',
    kind: 'direct',
    title: 'bob',
    lastSeq: 0,
    readSeq: 0,
    unread: 0,
    lastMessage: undefined,
    ...change,
  };
}

function message(text: string) {
  return {
    conversationId: 'dm:alice:bob',
    seq: 1,
    sender: 'bob',
    clientMsgId: 'm1',
    serverTime: now,
    content: { text },
  };
}

const tea = summary({ conversationId: 'group:k3j9', kind: 'group', title: 'tea', unread: 3 });

test('a message cannot steer the terminal or forge a line', () => {
  const line = plain(messageLine(message('hi\u001b[2J\r\n16:04 carol: forged')));
  assert.match(line, /^\d\d:\d\d bob: hi\[2J\n {6}16:04 carol: forged$/);
});

test('a notice is one short line', () => {
  const line = plain(noticeLine(message(`long\n${'x'.repeat(200)}`), tea));
  assert.match(line, /^● bob in tea \(3 unread\): long x+…$/);
});

test('the prompt names what is open and counts what is unread elsewhere', () => {
  const direct = summary({ unread: 2 });
  assert.equal(plain(promptFor([direct, tea], undefined)), '(5) > ');
  assert.equal(plain(promptFor([direct, tea], 'dm:alice:bob')), '(3) bob> ');
  assert.equal(plain(promptFor([direct, tea], 'group:k3j9')), '(2) #tea> ');
});

test('the list shows unread counts and what to type', () => {
  assert.deepEqual(listLines([summary({}), tea], 'dm:alice:bob').map(plain), [
    '> bob',
    '● #tea (group k3j9) 3 unread',
  ]);
  assert.equal(handleOf(tea), 'k3j9');
  assert.match(listLines([])[0] ?? '', /\/msg/);
});
