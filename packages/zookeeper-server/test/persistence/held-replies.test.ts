import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder, waitFor } from '@mpim/testkit';
import {
  OPEN_ACL,
  OpCode,
  readGetDataResponse,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { RawClient } from '../support/raw-client.ts';

test('no reply, no event and no read shows a change before the disk has it', async () => {
  await using folder = await temporaryFolder('held');
  const disk = new FaultyDisk();
  await using server = await ZooKeeperServer.start({ dataDir: folder.path, disk });
  using writer = await RawClient.open(server.port);
  using reader = await RawClient.open(server.port);
  const node = { path: '/a', data: Buffer.from('old'), acl: OPEN_ACL, flags: 0 };
  await writer.request(OpCode.create, (output) => writeCreateRequest(output, node));
  const read = (watch: boolean) =>
    reader.request(OpCode.getData, (out) => writePathWatchRequest(out, { path: '/a', watch }));
  await read(true);
  const [written, seen] = [writer.received.length, reader.received.length];

  disk.isHeld = true;
  const change = { path: '/a', data: Buffer.from('new'), version: -1 };
  const answer = writer.request(OpCode.setData, (output) => writeSetDataRequest(output, change));
  await waitFor(() => disk.heldCount === 1, { what: 'the change to reach the disk' });
  const reading = read(false);
  // Answered at once, so what came before it has been dealt with.
  await fourLetterWord(server.port, 'srvr');
  assert.equal(writer.received.length, written);
  assert.equal(reader.received.length, seen);

  disk.isHeld = false;
  disk.release();
  assert.equal((await answer)?.error, 0);
  const reply = await reading;
  assert.equal(reply && readGetDataResponse(reply.body).data?.toString(), 'new');
  assert.deepEqual(
    reader.received.slice(seen).map(({ kind }) => kind),
    ['event', 'reply'],
  );
});
