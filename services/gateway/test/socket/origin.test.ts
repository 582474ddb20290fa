import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOriginAllowed } from '../../src/socket/origin.ts';

test('the same host may, others only by the list', () => {
  const cases: [string | undefined, string | undefined, boolean][] = [
    [undefined, 'chat.example', true],
    ['https://chat.example', 'chat.example', true],
    ['https://chat.example', 'chat.example:443', true],
    ['http://chat.example:8080', 'chat.example:8080', true],
    ['http://CHAT.example:8080', 'Chat.Example:8080', true],
    ['http://chat.example', 'chat.example:8080', false],
    ['https://evil.example', 'chat.example', false],
    ['https://chat.example.evil.example', 'chat.example', false],
    ['null', 'chat.example', false],
    ['file://', 'chat.example', false],
    ['https://chat.example', undefined, false],
    ['https://listed.example', 'chat.example', true],
  ];
  for (const [origin, host, may] of cases) {
    assert.equal(
      isOriginAllowed(origin, host, ['https://listed.example']),
      may,
      `${origin} ${host}`,
    );
  }
});
