import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventQueueWatch } from '../../../src/client/watches/persistent-watch.ts';

const watched = {
  path: '/a',
  serverPath: '/tree/a',
  recursive: true,
  toClient: (path: string) => path.slice('/tree'.length),
};

describe('a persistent watch', () => {
  it('keeps events until they are taken, by one loop after the other', async () => {
    const watch = new EventQueueWatch(watched, async () => {});
    for (const name of ['1', '2', '3']) watch.report('created', `/tree/a/${name}`);
    for await (const event of watch) {
      assert.deepEqual(event, { type: 'created', path: '/a/1' });
      break;
    }
    await watch[Symbol.asyncDispose]();
    assert.deepEqual(await Array.fromAsync(watch), []);
  });

  it('refuses a second loop while one waits, and another when that has ended', async () => {
    const watch = new EventQueueWatch(watched, async () => {});
    const first = watch[Symbol.asyncIterator]();
    const waiting = first.next();
    await assert.rejects(watch[Symbol.asyncIterator]().next(), {
      code: 'BAD_ARGUMENTS',
      path: '/a',
    });
    watch.report('changed', '/tree/a');
    watch.report('deleted', '/tree/a');
    assert.deepEqual((await waiting).value, { type: 'changed', path: '/a' });
    await first.return();
    for await (const { type } of watch) {
      assert.equal(type, 'deleted');
      break;
    }
    await watch.close();
  });

  it('makes one gap of more events than wait well, and of gaps in a row', async () => {
    const watch = new EventQueueWatch(watched, async () => {});
    for (let i = 0; i < 10_001; i++) watch.report('changed', '/tree/a');
    watch.reportGap();
    watch.report('changed', '/tree/a/b');
    watch.reportGap();
    watch.lose('session-expired');
    assert.deepEqual(await Array.fromAsync(watch), [
      { type: 'gap', path: '/a' },
      { type: 'changed', path: '/a/b' },
      { type: 'gap', path: '/a' },
      { type: 'lost', path: '/a', reason: 'session-expired' },
    ]);
  });
});
