import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ChatCommand, parseChatCommand } from '../../src/chat/command.ts';

const CASES: [line: string, expected: ChatCommand][] = [
  ['/msg bob hello there', { kind: 'msg', user: 'bob', text: 'hello there' }],
  ['/msg bob  two spaces ', { kind: 'msg', user: 'bob', text: ' two spaces ' }],
  ['/msg bob /quit', { kind: 'msg', user: 'bob', text: '/quit' }],
  ['/group create tea and cake', { kind: 'group-create', name: 'tea and cake' }],
  ['/group join k3j9', { kind: 'group-join', groupId: 'k3j9' }],
  ['/group leave k3j9', { kind: 'group-leave', groupId: 'k3j9' }],
  ['/group members k3j9', { kind: 'group-members', groupId: 'k3j9' }],
  ['/group msg k3j9 hi all', { kind: 'group-msg', groupId: 'k3j9', text: 'hi all' }],
  ['/history bob', { kind: 'history', conversation: 'bob', count: 20 }],
  ['/history dm:alice:bob 200', { kind: 'history', conversation: 'dm:alice:bob', count: 200 }],
  ['/history bob 99999', { kind: 'history', conversation: 'bob', count: 500 }],
  ['/history', { kind: 'history', count: 20 }],
  ['/open bob', { kind: 'open', conversation: 'bob' }],
  ['/list', { kind: 'list' }],
  ['/help', { kind: 'help' }],
  ['/quit\r', { kind: 'quit' }],
  ['hello', { kind: 'text', text: 'hello' }],
  ['//etc/passwd', { kind: 'text', text: '/etc/passwd' }],
  ['   ', { kind: 'empty' }],
];

for (const [line, expected] of CASES) {
  test(`reads ${JSON.stringify(line)}`, () => {
    assert.deepEqual(parseChatCommand(line), expected);
  });
}

for (const line of [
  '/msg',
  '/msg bob',
  '/msg bob  ',
  '/group',
  '/group create',
  '/group join',
  '/group join a b',
  '/group msg k3j9',
  '/history bob x',
  '/history bob 0',
  '/open',
  '/nothing',
  '/',
]) {
  test(`says what to type instead of ${JSON.stringify(line)}`, () => {
    const command = parseChatCommand(line);
    assert.ok(command.kind === 'invalid');
    assert.match(command.message, /^Type \/|\/help/);
  });
}

test('any line gives a command, and a message keeps its text', () => {
  fc.assert(
    fc.property(fc.string(), (line) => {
      parseChatCommand(line);
      const text = line.replace(/[\r\n]+/g, '');
      if (text.trim() === '') return;
      assert.deepEqual(parseChatCommand(`/msg bob ${text}`), { kind: 'msg', user: 'bob', text });
    }),
  );
});
