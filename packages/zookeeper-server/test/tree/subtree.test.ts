import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AllNodes, usageBelow } from '../../src/tree/subtree.ts';

/** Nodes by their paths, each with data of one byte more than the one before; counts how many are looked up. */
class Nodes implements AllNodes {
  lookedUp = 0;
  readonly #nodes = new Map<string, { data: Buffer | null; children: Set<string> }>();

  constructor(paths: readonly string[]) {
    this.#nodes.set('/', { data: null, children: new Set() });
    for (const path of paths) {
      const at = path.lastIndexOf('/');
      this.#nodes.get(path.slice(0, at) || '/')?.children.add(path.slice(at + 1));
      this.#nodes.set(path, { data: Buffer.alloc(this.#nodes.size), children: new Set() });
    }
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(path: string) {
    this.lookedUp++;
    return this.#nodes.get(path);
  }

  entries() {
    return this.#nodes.entries();
  }
}

const sum = (from: number, to: number) => ((from + to) * (to - from + 1)) / 2;
const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test('a small subtree is counted by looking at it alone, a large one with all nodes, to the same end', () => {
  const small = ['/a', '/a/b', '/a/b/c', '/a0', '/a-b', '/a/bc'];
  const nodes = new Nodes([...small, '/large', ...names(994, '/large/node-')]);
  assert.equal(nodes.size, 1002);
  assert.deepEqual(usageBelow(nodes, '/a'), { count: 4, bytes: 1 + 2 + 3 + 6 });
  assert.deepEqual(usageBelow(nodes, '/a/b'), { count: 2, bytes: 2 + 3 });
  assert.deepEqual(usageBelow(nodes, '/a/b/c'), { count: 1, bytes: 3 });
  assert.deepEqual(usageBelow(nodes, '/none'), { count: 0, bytes: 0 });
  assert.equal(nodes.lookedUp, 4 + 2 + 1 + 1);
  assert.deepEqual(usageBelow(nodes, '/large'), { count: 995, bytes: sum(7, 1001) });
  assert.deepEqual(usageBelow(nodes, '/'), { count: 1002, bytes: sum(1, 1001) });
  assert.equal(nodes.lookedUp, 8 + 3, 'the two themselves and, from the root, the large one again');

  const few = new Nodes(small);
  assert.deepEqual(usageBelow(few, '/a'), { count: 4, bytes: 1 + 2 + 3 + 6 });
  assert.deepEqual(usageBelow(few, '/none'), { count: 0, bytes: 0 });
});
