import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fourLetterWord } from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient } from '../support/raw-client.ts';

test('only srvr is answered unless more is allowed', async () => {
  await using server = await ZooKeeperServer.start();
  assert.match(await fourLetterWord(server.port, 'srvr'), /Mode: standalone\nNode count: 5\n/);
  assert.equal(
    await fourLetterWord(server.port, 'ruok'),
    'ruok is not executed because it is not in the whitelist.\n',
  );
  assert.equal(await fourLetterWord(server.port, 'what'), '', 'no word but a frame length');
});

test('the words tell what is there', async () => {
  await using server = await ZooKeeperServer.start({ fourLetterWordWhitelist: ['*'] });
  using client = await RawClient.open(server.port);
  const flags = createModeFlags('ephemeral');
  await client.request(OpCode.create, (output) =>
    writeCreateRequest(output, { path: '/e', data: null, acl: OPEN_ACL, flags }),
  );
  await client.request(OpCode.getData, (output) =>
    writePathWatchRequest(output, { path: '/e', watch: true }),
  );
  const sid = `0x${(client.session?.sessionId ?? 0n).toString(16)}`;
  const ask = (word: string) => fourLetterWord(server.port, word);
  assert.equal(await ask('ruok'), 'imok');
  assert.equal(await ask('isro'), 'rw');
  const srvr = await ask('srvr');
  // The pattern go-zookeeper waits for.
  assert.match(
    srvr,
    /^Zookeeper version: ([A-Za-z0-9.-]+), built on (\d\d\/\d\d\/\d\d\d\d \d\d:\d\d [A-Z]+)\n/,
  );
  assert.match(srvr, /\nZxid: 0x[0-9a-f]+\nMode: standalone\nNode count: 6\n$/);
  assert.match(
    await ask('stat'),
    /Clients:\n \/127\.0\.0\.1:\d+\[\d+\]\(queued=0,recved=3,sent=2\)\n/,
  );
  assert.match(await ask('cons'), new RegExp(`sid=${sid},lop=GETD,est=\\d+,to=10000,lcxid=0x2,`));
  assert.match(await ask('dump'), new RegExp(`Sessions with Ephemerals \\(1\\):\n${sid}:\n\t/e\n`));
  assert.equal(await ask('wchs'), '1 connections watching 1 paths\nTotal watches:1\n');
  assert.equal(await ask('wchc'), `${sid}\n\t/e\n\n`);
  assert.equal(await ask('wchp'), `/e\n\t${sid}\n\n`);
  assert.match(await ask('envi'), /^Environment:\nzookeeper\.version=\d+\.\d+\.\d+/);
  assert.match(await ask('conf'), new RegExp(`^clientPort=${server.port}\n(.*\n)*tickTime=2000\n`));
  const mntr = await ask('mntr');
  for (const line of [
    /^zk_version\t/,
    /\nzk_server_state\tstandalone\n/,
    /\nzk_znode_count\t6\n/,
    /\nzk_ephemerals_count\t1\n/,
    /\nzk_watch_count\t1\n/,
    /\nzk_global_sessions\t1\n/,
  ]) {
    assert.match(mntr, line);
  }
  assert.equal(await ask('srst'), 'Server stats reset.\n');
  assert.match(await ask('srvr'), /\nReceived: 1\nSent: 1\n/);
});

test('a word may come byte by byte, with a newline, from a peer that closes its side', async () => {
  await using server = await ZooKeeperServer.start({ fourLetterWordWhitelist: ['ruok'] });
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  for (const byte of 'ruok\n') {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(answer, 'imok');
});
