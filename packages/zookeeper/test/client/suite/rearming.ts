import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FaultProxy } from '@mpim/testkit';
import { FrameDecoder, OpCode } from '@mpim/zookeeper/protocol';
import { connectToFreshTree, type GetServer, stateOf } from './server-under-test.ts';

/** What servers take for certain, and what a single path of these tests needs in a packet. */
const MOST_BYTES = 128 * 1024;
const PATH_BYTES = 600;
const COUNT = 500;

/** Thousands of watches on long paths, over a cut. */
export function rearming(server: GetServer): void {
  it('arms thousands of watches anew, all of them, in packets below 128 KiB and as few as will do', async () => {
    await using proxy = await FaultProxy.start(server().port);
    await using zk = await connectToFreshTree(proxy);
    const paths = (name: string) =>
      Array.from({ length: COUNT }, (_, at) => `/${name}-${'é'.repeat(PATH_BYTES / 2 - 20)}-${at}`);
    const data = paths('data');
    const child = paths('child');
    const exist = paths('exist');
    const one = paths('one');
    const tree = paths('tree');
    await Promise.all([...data, ...child].map((path) => zk.create(path, null)));
    const oneShot = await Promise.all([
      ...data.map((path) => zk.getAndWatch(path)),
      ...child.map((path) => zk.childrenAndWatch(path)),
      ...exist.map((path) => zk.existsAndWatch(path)),
    ]);
    const persistent = await Promise.all([
      ...one.map((path) => zk.watch(path)),
      ...tree.map((path) => zk.watch(path, { recursive: true })),
    ]);
    assert.equal(zk.stats.watches, 5 * COUNT);

    const sent: Buffer[] = [];
    proxy.tap((bytes, direction) => {
      // The memory of a piece is used again.
      if (direction === 'to-server') sent.push(Buffer.from(bytes));
    });
    proxy.cut();
    await stateOf(zk, 'suspended');
    await zk.sync('/');
    const frames = requests(sent);
    for (const [type, watches, kinds] of [
      [OpCode.setWatches, oneShot.length, 3],
      [OpCode.setWatches2, persistent.length, 2],
    ] as const) {
      const lengths = frames.filter((each) => each.type === type).map(({ bytes }) => bytes);
      assert.ok(Math.max(...lengths) <= MOST_BYTES, `${lengths}`);
      assert.ok(lengths.reduce((sum, bytes) => sum + bytes, 0) > watches * (PATH_BYTES - 60));
      const fewest = Math.ceil((watches * PATH_BYTES) / (MOST_BYTES - PATH_BYTES)) + kinds;
      assert.ok(lengths.length > 1 && lengths.length <= fewest, `${lengths}`);
    }

    await Promise.all([
      ...data.map((path) => zk.set(path, 'x')),
      ...child.map((path) => zk.create(`${path}/x`, null)),
      ...[...exist, ...one, ...tree].map((path) => zk.create(path, null)),
    ]);
    const types = await Promise.all(oneShot.map(async ({ watch }) => (await watch.event).type));
    const expected = ['changed', 'children', 'created'];
    assert.deepEqual(
      types,
      types.map((_, at) => expected[Math.floor(at / COUNT)]),
    );
    for (const watch of persistent) {
      const events = [];
      for await (const event of watch) {
        events.push(event.type);
        if (events.length === 2) break;
      }
      assert.deepEqual(events, ['gap', 'created'], watch.path);
    }
    assert.equal(zk.stats.connections, 2);
  });
}

/** The requests of one connection, the handshake left out. */
function requests(sent: readonly Buffer[]): { type: number; bytes: number }[] {
  const decoder = new FrameDecoder(1 << 30);
  decoder.push(Buffer.concat(sent));
  const frames: { type: number; bytes: number }[] = [];
  decoder.next();
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
    frames.push({ type: frame.readInt32BE(4), bytes: frame.length });
  }
  return frames;
}
