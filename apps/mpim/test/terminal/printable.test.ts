import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableLine } from '../../src/terminal/printable.ts';

test('what steers a terminal is taken out, what people write stays', () => {
  assert.equal(printable('\u001b]0;owned\u0007hi\u001b[2J'), ']0;ownedhi[2J');
  assert.equal(printable('\u009b31mred'), '31mred');
  assert.equal(printable('a\rb\bc\u007f'), 'abc');
  assert.equal(printable('user\u202egnp.exe'), 'usergnp.exe');
  assert.equal(printable('你好 👩‍💻 naïve\tcafé\nnext'), '你好 👩‍💻 naïve\tcafé\nnext');
  assert.equal(printableLine('one\r\ntwo\tthree'), 'one two three');
});
