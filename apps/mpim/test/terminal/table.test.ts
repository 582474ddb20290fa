import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns } from '../../src/terminal/table.ts';

test('columns are as wide as their widest cell', () => {
  assert.deepEqual(
    alignColumns([
      ['what', 'address', 'x'],
      ['zookeeper', 'a:1', ''],
    ]),
    ['what       address  x', 'zookeeper  a:1'],
  );
});
