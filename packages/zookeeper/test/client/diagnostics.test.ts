import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { type OperationMessage, type StateMessage, ZooKeeperError } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { connect } from './suite/server-under-test.ts';

describe('diagnostics channels', () => {
  it('tell of each operation and of each state, while somebody listens', async () => {
    await using server = await ZooKeeperServer.start();
    const operations: OperationMessage[] = [];
    const states: StateMessage[] = [];
    const onOperation = (message: unknown) => operations.push(message as OperationMessage);
    const onState = (message: unknown) => states.push(message as StateMessage);
    subscribe('mpim:zookeeper:operation', onOperation);
    subscribe('mpim:zookeeper:state', onState);
    const zk = await connect(server);
    await zk.create('/a', null);
    await assert.rejects(zk.create('/a', null), { code: 'NODE_EXISTS' });
    await zk.addAuth('digest', 'ann:secret');
    await waitFor(() => operations.length === 3);
    unsubscribe('mpim:zookeeper:operation', onOperation);
    await zk.get('/a');
    await zk.close();
    await waitFor(() => states.length === 2);
    unsubscribe('mpim:zookeeper:state', onState);

    const [created, refused, authenticated] = operations;
    assert.deepEqual([created?.operation, created?.path], ['create', '/a']);
    assert.equal(created?.error, undefined);
    assert.ok((created?.durationMs ?? -1) >= 0);
    assert.ok(refused?.error instanceof ZooKeeperError);
    assert.equal(refused.error.code, 'NODE_EXISTS');
    assert.equal(authenticated?.operation, 'addAuth');
    assert.equal(authenticated.error, undefined);
    assert.equal(operations.length, 3);
    assert.deepEqual(
      states.map(({ state }) => state.kind),
      ['connected', 'closed'],
    );
    assert.equal(states[0]?.sessionId, zk.sessionId);
  });
});
