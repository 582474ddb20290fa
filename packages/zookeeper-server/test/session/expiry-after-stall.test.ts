import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder, waitFor } from '@mpim/testkit';
import { OPEN_ACL, OpCode, SpecialXid, writeCreateRequest } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RawClient, requestFrame } from '../support/raw-client.ts';

const TICK_MS = 1000;
const TIMEOUT_MS = 4000;

test('a write that holds the event loop up ends no session whose sign of life waits in its socket', async () => {
  await using folder = await temporaryFolder('stall');
  const clock = new ManualClock();
  const disk = new FaultyDisk();
  const options = {
    dataDir: folder.path,
    disk,
    clock,
    tickTimeMs: TICK_MS,
    fourLetterWordWhitelist: ['mntr'],
  };
  await using server = await ZooKeeperServer.start(options);
  using patient = await RawClient.open(server.port, { timeoutMs: TIMEOUT_MS });
  using silent = await RawClient.open(server.port, { timeoutMs: TIMEOUT_MS });
  using ended = await RawClient.open(server.port, { timeoutMs: TIMEOUT_MS });
  const node = { path: '/a', data: null, acl: OPEN_ACL, flags: 0 };
  // Until the disk is known as fast and there is room for the next entry.
  await waitFor(async () => {
    await patient.request(OpCode.create, (output) => writeCreateRequest(output, node));
    return disk.inlineWrites.length > 0 && disk.underWay === 0;
  });

  const written = disk.inlineWrites.length;
  disk.meanwhile = () => {
    disk.meanwhile = () => {};
    patient.socket.write(requestFrame(OpCode.ping, SpecialXid.ping, () => {}));
    clock.jump(2 * TIMEOUT_MS);
  };
  // The write is put off until what has arrived was handled, and what a tick has to do until after it.
  server.expireSession(ended.session?.sessionId ?? 0n);
  await clock.advance(TICK_MS);
  await waitFor(() => disk.inlineWrites.length > written);
  await patient.ping();
  const figures = await fourLetterWord(server.port, 'mntr');
  assert.match(figures, /^zk_fsync_inline_count\t[1-9]\d*$/m);
  assert.match(figures, /^zk_fsync_inline_stall_count\t1$/m);
  assert.match(figures, /^zk_fsync_inline_paused\t1$/m);
  await clock.advance(TICK_MS);
  await silent.whenClosed();
  assert.equal(patient.closed, false);
  assert.equal(silent.closed, true, 'who gave no sign has no more time than ever');
});
