import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CuratorPrograms, waitFor } from '@mpim/testkit';
import { DistributedLock, ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const PATH = '/locks/shared';
const missing = await CuratorPrograms.missing();

test("Curator's InterProcessMutex and DistributedLock are one lock, first come first served", {
  skip: missing ?? false,
}, async () => {
  const source = join(import.meta.dirname, 'curator/CuratorMutex.java');
  await using programs = await CuratorPrograms.compile([source]);
  await using server = await ZooKeeperServer.start();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await using mutex = programs.start('CuratorMutex', [server.connectString, PATH]);
  let answers = 0;
  const answer = async () => {
    await waitFor(() => mutex.stdout.length > answers || !mutex.running);
    return mutex.stdout[answers++] ?? mutex.output();
  };
  const ask = (line: string) => {
    mutex.writeLine(line);
    return answer();
  };
  const contenders = async (count: number) =>
    waitFor(async () => (await zk.children(PATH)).children.length === count);

  const first = await DistributedLock.acquire(zk, PATH);
  assert.equal(await ask('try'), 'held elsewhere');
  mutex.writeLine('acquire');
  await contenders(2);
  const waiting = DistributedLock.acquire(zk, PATH);
  await contenders(3);
  await first.release();
  assert.equal(await answer(), 'acquired');
  const signal = AbortSignal.timeout(200);
  await assert.rejects(DistributedLock.acquire(zk, PATH, { signal }), { name: 'TimeoutError' });
  assert.equal(await ask('release'), 'released');
  await using second = await waiting;
  assert.ok(second.fencingToken > first.fencingToken);
});
