import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, freePort, missingDebianPackage } from '@mpim/testkit';
import { mpim, startMpim } from '../mpim.ts';
import { Shell } from '../shell.ts';

/** `mpim zookeeper` on a free port. */
async function embedded() {
  const child = startMpim(['zookeeper', '--port', '0']);
  const line = await child.waitForLine(/serves on/);
  const connectString = /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
  return { connectString, [Symbol.asyncDispose]: () => child.stop() };
}

const servers = [
  { name: 'the embedded server', skip: undefined, start: embedded },
  {
    name: 'Apache ZooKeeper',
    skip: await missingDebianPackage('zookeeper'),
    start: () => ApacheZooKeeper.start(),
  },
];

for (const { name, skip, start } of servers) {
  test(`mpim zk against ${name}`, skip ? { skip } : {}, async (t) => {
    await using server = await start();
    await using shell = new Shell();
    const zk = (...args: string[]) => shell.run(['zk', '--server', server.connectString, ...args]);
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await zk(...args);
      assert.equal(code, 0, stderr);
      return stdout;
    };

    await t.test('a node from its creation to its end', async () => {
      assert.equal(await said('create', '/tea', 'green 绿'), 'Created /tea');
      assert.equal(await said('get', '/tea'), 'green 绿');
      assert.equal(await said('set', '/tea', 'black', '-v', '0'), '');
      assert.match(await said('get', '-s', '/tea'), /^black\ncZxid = 0x[0-9a-f]+\nctime = /);
      assert.match(await said('stat', '/tea'), /^dataVersion = 1$/m);
      assert.equal(await said('create', '-s', '/tea/cup-'), 'Created /tea/cup-0000000000');
      assert.equal(await said('create', '-s', '/tea/cup-', 'x'), 'Created /tea/cup-0000000001');
      assert.equal(await said('ls', '/tea'), '[cup-0000000000, cup-0000000001]');
      assert.match(await said('ls', '-s', '/tea'), /^\[cup.*\]\n(.*\n)*numChildren = 2$/);
      assert.equal(
        await said('ls', '-R', '/tea'),
        '/tea\n/tea/cup-0000000000\n/tea/cup-0000000001',
      );
      assert.equal(await said('delete', '/tea/cup-0000000000'), '');
      assert.equal(await said('deleteall', '/tea'), '');
      assert.doesNotMatch(await said('ls', '/'), /tea/);
    });

    await t.test('an ephemeral node goes with the command', async () => {
      const { code, stdout, stderr } = await zk('create', '-e', '-s', '/guest-', 'me');
      assert.equal(code, 0);
      assert.match(stdout, /^Created \/guest-\d{10}$/);
      assert.match(stderr, /--hold/);
      assert.doesNotMatch(await said('ls', '/'), /guest/);
    });

    await t.test('JSON for programs', async () => {
      await said('create', '/json', 'data');
      const { path, data, stat } = JSON.parse(await said('--json', 'get', '-s', '/json'));
      assert.deepEqual(
        [path, data, stat.version, stat.ephemeralOwner],
        ['/json', 'data', 0, '0x0'],
      );
      const listed = JSON.parse(await said('ls', '/', '--json'));
      assert.ok(listed.children.includes('json'));
      await said('delete', '/json');
    });

    const refusals: [args: string[], message: RegExp][] = [
      [['get', '/nothing'], /Node does not exist: \/nothing/],
      [['stat', '/nothing'], /Node does not exist: \/nothing/],
      [['create', '/zookeeper', 'x'], /Node already exists: \/zookeeper.*mpim zk set/],
      [['delete', '/zookeeper'], /mpim: .+/],
      [['create', '/a/b/c'], /Node does not exist.*parent/],
      [['create', '/bad', 'x', 'world'], /scheme:id:permissions/],
      [['get', 'no-slash'], /must start with \//],
    ];
    await t.test('refusals say what to do next, and exit with 1 or 2', async () => {
      for (const [args, message] of refusals) {
        const { code, stdout, stderr } = await zk(...args);
        assert.ok(code === 1 || code === 2, `${args.join(' ')} ended with ${code}`);
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
        assert.equal(stdout, '');
      }
    });
  });
}

test('no server: says how to start or name one', async () => {
  const port = await freePort();
  const { code, stderr } = await mpim(['zk', '--server', `127.0.0.1:${port}`, 'ls', '/']);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`No ZooKeeper answers at 127.0.0.1:${port}.*--server`));
});
