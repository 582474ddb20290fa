import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fourLetterWord, missingDebianPackage } from '@mpim/testkit';
import { BothServers } from '../support/both-servers.ts';

const missing = await missingDebianPackage('zookeeper');

/** Without what differs from run to run: numbers, ids, dates, paths and the versions. */
function shapeOf(answer: string): string[] {
  return (
    answer
      // Apache lists buckets of its expiry queues that are empty.
      .replace(/^0 expire at .*\n/gm, '')
      .replace(/\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}/g, 'DATE')
      .replace(/(version[:=] ?).*/gi, '$1VERSION')
      .replace(/(data(?:Log)?Dir)=\/.*\/version-2$/gm, '$1=DIR/version-2')
      .replace(/0x[0-9a-f]+/g, '0x#')
      .replace(/^[0-9a-f]+: -?\d+$/gm, '#: #')
      .replace(/\d+\.\d+\/\d+$/gm, '#.#/#')
      .replace(/(?<![\w#])-?\d+/g, '#')
      .split('\n')
  );
}

const keysOf = (answer: string, separator: string): string[] =>
  answer.split('\n').map((line) => line.split(separator, 1)[0] ?? '');

/** Sends `stmk` with its mask. */
async function setTraceMask(port: number, mask: bigint): Promise<string> {
  const argument = Buffer.alloc(8);
  argument.writeBigInt64BE(mask);
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(Buffer.concat([Buffer.from('stmk'), argument]));
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

test("answers have the shape of Apache ZooKeeper's, line by line", {
  skip: missing ?? false,
}, async (t) => {
  await using both = await BothServers.start({});
  const ask = async (word: string) => ({
    theirs: await fourLetterWord(both.apache.port, word),
    ours: await fourLetterWord(both.ours.port, word),
  });
  for (const word of [
    'ruok',
    'isro',
    'srvr',
    'stat',
    'conf',
    'dump',
    'wchs',
    'wchc',
    'wchp',
    'dirs',
    'hash',
    'gtmk',
    'crst',
    'srst',
  ]) {
    await t.test(word, async () => {
      const { theirs, ours } = await ask(word);
      // How many buckets of expiry there are depends on the moment: alike lines of dump count as one.
      const lines = (answer: string) =>
        word === 'dump' ? [...new Set(shapeOf(answer))].sort() : shapeOf(answer).sort();
      assert.deepEqual(lines(ours), lines(theirs));
    });
  }
  await t.test('cons', async () => {
    const { theirs, ours } = await ask('cons');
    const sorted = (answer: string) => shapeOf(answer).sort();
    assert.deepEqual(sorted(ours), sorted(theirs));
  });
  await t.test('envi', async () => {
    const { theirs, ours } = await ask('envi');
    const known = (answer: string) =>
      keysOf(answer, '=').filter((key) => !/^(java|node)\./.test(key));
    assert.deepEqual(known(ours), known(theirs));
  });
  await t.test('mntr', async () => {
    const { theirs, ours } = await ask('mntr');
    const [ourKeys, theirKeys] = [keysOf(ours, '\t'), keysOf(theirs, '\t')];
    assert.deepEqual(ourKeys.slice(0, 26), theirKeys.slice(0, 26));
    const own = ourKeys.filter((key) => !theirKeys.includes(key));
    assert.deepEqual(own, [
      'zk_fsync_threshold_exceed_count',
      'zk_fsync_inline_count',
      'zk_fsync_inline_stall_count',
      'zk_fsync_inline_paused',
      'zk_reads_suspended',
      'zk_slow_clients_cut_off',
      'zk_unread_bytes',
      'zk_bad_frames',
      'zk_quota_warnings',
      'zk_disk_full',
      'zk_p50_fsynctime',
      'zk_p95_fsynctime',
      'zk_p99_fsynctime',
      'zk_p999_fsynctime',
    ]);
    const figure = (answer: string, key: string) =>
      new RegExp(`^${key}\t(.*)$`, 'm').exec(answer)?.[1];
    for (const key of [
      'zk_server_state',
      'zk_ephemerals_count',
      'zk_znode_count',
      'zk_global_sessions',
      'zk_watch_count',
      'zk_num_alive_connections',
      'zk_outstanding_requests',
      'zk_approximate_data_size',
    ]) {
      assert.equal(figure(ours, key), figure(theirs, key), key);
    }
    assert.ok(Number(figure(ours, 'zk_cnt_fsynctime')) > 100);
    assert.match(figure(ours, 'zk_avg_updatelatency') ?? '', /^\d+\.\d+$/);
  });
  await t.test('stmk', async () => {
    assert.equal(await setTraceMask(both.ours.port, 511n), '511');
    assert.equal(await setTraceMask(both.apache.port, 511n), '511');
    const { theirs, ours } = await ask('gtmk');
    assert.deepEqual([ours, theirs], ['511', '511']);
  });
});
