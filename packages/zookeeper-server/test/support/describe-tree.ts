import assert from 'node:assert/strict';
import type { DataTree } from '../../src/tree/data-tree.ts';

/** All that a tree holds, readable in an assertion. */
export function describeTree(tree: DataTree): object {
  const nodes: Record<string, object> = {};
  const open = ['/'];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const node = tree.get(path);
    assert.ok(node);
    const { acl, version, ephemeralOwner } = node;
    const data = node.data?.toString('base64') ?? null;
    nodes[path] = { ...node.stat(), data, acl, version, owner: ephemeralOwner };
    for (const name of node.children) open.push(path === '/' ? `/${name}` : `${path}/${name}`);
  }
  const { index, nodeCount, approximateDataBytes } = tree;
  const ephemerals = [...index.sessions].map(([id, paths]) => [id, [...paths].sort()]);
  return {
    nodes,
    nodeCount,
    approximateDataBytes,
    ephemerals: new Map(ephemerals as [bigint, string[]][]),
    containers: [...index.containers.keys()].sort(),
    ttls: [...index.ttls.keys()].sort(),
    digest: tree.digest?.value,
  };
}
