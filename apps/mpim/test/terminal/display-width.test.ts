import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../../src/terminal/display-width.ts';

test('counts the columns that a terminal needs', () => {
  assert.equal(displayWidth('plain'), 5);
  assert.equal(displayWidth('\u001b[1mbold\u001b[22m'), 4);
  assert.equal(displayWidth('你好'), 4);
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('👩‍💻!'), 3);
});
