import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fourLetterWord } from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  SpecialXid,
  writeMultiRequest,
  writeSetWatchesRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient } from '../support/raw-client.ts';

/** More than a call can have arguments. */
const MANY = 150_000;
const AT_ONCE = 15_000;

test('the words tell of more nodes and watches of one client than a call can have arguments', async () => {
  await using server = await ZooKeeperServer.start({ fourLetterWordWhitelist: ['*'] });
  await using admin = await server.openAdmin();
  using client = await RawClient.open(server.port);
  const flags = createModeFlags('ephemeral-sequential');
  const node = { type: OpCode.create, request: { path: '/e', data: null, acl: OPEN_ACL, flags } };
  const operations = Array.from({ length: AT_ONCE }, () => node);
  const none = { relativeZxid: 0n, dataWatches: [], childWatches: [] };
  for (let made = 0; made < MANY; made += AT_ONCE) {
    const existWatches = operations.map((_, i) => `/missing/${made + i}`);
    await client.request(OpCode.multi, (output) => writeMultiRequest(output, { operations }));
    await client.request(
      OpCode.setWatches,
      (output) => writeSetWatchesRequest(output, { ...none, existWatches }),
      SpecialXid.setWatches,
    );
  }
  const linesOf = async (word: string) => (await fourLetterWord(server.port, word)).split('\n');
  const paths = (lines: readonly string[]) => lines.filter((line) => /^\t?\/[em]/.test(line));
  for (const word of ['dump', 'wchc', 'wchp']) {
    assert.equal(paths(await linesOf(word)).length, MANY, word);
  }
  for (const command of ['dump', 'watches', 'watches_by_path']) {
    const response = await fetch(`http://127.0.0.1:${admin.port}/commands/${command}`);
    assert.equal((await response.text()).match(/"\/[em]/g)?.length, MANY, command);
  }
});
