import assert from 'node:assert/strict';
import type { ApacheEnsemble, ApacheNode } from '@mpim/testkit';
import type { ZooKeeperClient } from '@mpim/zookeeper';

/** The server that the client talks to. */
export function serverOf({ nodes }: ApacheEnsemble, { state }: ZooKeeperClient): ApacheNode {
  const node = nodes.find(
    (each) => state.kind === 'connected' && state.host === each.connectString,
  );
  assert.ok(node !== undefined, `connected, not ${state.kind}`);
  return node;
}
