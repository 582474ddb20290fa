import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { FaultProxy } from '@mpim/testkit';
import { type Acl, CREATOR_ALL_ACL, READ_ONLY_ACL, type ZooKeeperClient } from '@mpim/zookeeper';
import { connect, connectToFreshTree, type GetServer, stateOf } from './server-under-test.ts';

/** What becomes of a client's hosts when the configuration changes. The server knows `super:test`. */
export function following(server: GetServer): void {
  describe('a configuration that changes', () => {
    /** Somebody who may write it, and puts back what was there. */
    async function author() {
      const auth = [{ scheme: 'digest', auth: 'super:test' }];
      const zk = await connect(server(), { auth });
      const write = (text: string) => zk.set('/zookeeper/config', text);
      return {
        members: (version: string, ...clients: string[]) => {
          const lines = clients.map(
            (client, at) => `server.${at + 1}=127.0.0.1:1:2:participant${client}`,
          );
          return write([...lines, `version=${version}`].join('\n'));
        },
        async readableBy(acl: readonly Acl[]) {
          await zk.setAcl('/zookeeper/config', acl);
        },
        async [Symbol.asyncDispose]() {
          await zk.setAcl('/zookeeper/config', READ_ONLY_ACL);
          await write('');
          await zk.close();
        },
      };
    }

    async function nextHosts(zk: ZooKeeperClient): Promise<string> {
      const [hosts] = await once(zk, 'hosts', { signal: AbortSignal.timeout(10_000) });
      return hosts;
    }

    it('is told to a watch, below a chroot, too', async () => {
      await using ensemble = await author();
      await ensemble.members('1', ';2181');
      await using zk = await connectToFreshTree(server());
      const { servers, watch, version } = await zk.configAndWatch();
      assert.deepEqual([[...servers.keys()], version], [['1'], 1n]);
      await ensemble.members('2', ';2181', ';2182');
      assert.deepEqual(await watch.event, { type: 'changed', path: '/zookeeper/config' });
      assert.equal((await zk.config()).servers.size, 2);
    });

    it('gives a client that follows other hosts, unless it is older or does not name all', async () => {
      await using ensemble = await author();
      await using zk = await connectToFreshTree(server(), { followEnsemble: true });
      const seen: string[] = [];
      zk.on('hosts', (hosts) => seen.push(hosts));
      zk.on('hosts-refused', ({ code, message }) => seen.push(`${code} ${message}`));
      const steps: [version: string, clients: string[]][] = [
        ['a', [';127.0.0.1:1', ';0.0.0.0:2']],
        ['9', [';127.0.0.1:3']],
        ['b', [';127.0.0.1:4', '']],
        ['b', []],
        ['b', [';127.0.0.1:5']],
      ];
      for (const [version, clients] of steps) {
        // Each is read before the next is written.
        const { watch } = await zk.configAndWatch();
        await ensemble.members(version, ...clients);
        await watch.event;
        await zk.config();
      }
      await zk.sync('/');
      const [first, refused = '', last, ...more] = seen;
      assert.deepEqual([first, last, more], ['127.0.0.1:1,127.0.0.1:2', '127.0.0.1:5', []]);
      assert.match(refused, /^NO_CLIENT_ADDRESS .*no address for clients in server\.2;/);
    });

    it('may be older in a new session, as the ensemble may have been built anew', async () => {
      await using ensemble = await author();
      const options = { followEnsemble: true, renewExpiredSession: true };
      await using zk = await connectToFreshTree(server(), options);
      const hosts: string[] = [];
      zk.on('hosts', (each) => hosts.push(each));
      for (const [version, host] of [
        ['a', server().connectString],
        ['9', '127.0.0.1:9'],
      ] as const) {
        const { watch } = await zk.configAndWatch();
        await ensemble.members(version, `;${host}`);
        await watch.event;
        await zk.config();
      }
      assert.deepEqual(hosts, [server().connectString]);
      const told = nextHosts(zk);
      await connect(server(), { session: zk.sessionCredentials }).then((other) => other.close());
      assert.equal(await told, '127.0.0.1:9');
    });

    it('leads a client that follows to where it can be reached, over cuts', async () => {
      await using ensemble = await author();
      await using first = await FaultProxy.start(server().port);
      await using second = await FaultProxy.start(server().port);
      await using third = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(first, { followEnsemble: true });
      const leave = async (proxy: FaultProxy) => {
        proxy.refuse();
        proxy.cut();
        await stateOf(zk, 'suspended');
      };
      const is = (proxy: FaultProxy) =>
        zk.state.kind === 'connected' && zk.state.host === proxy.connectString;

      const told = nextHosts(zk);
      await ensemble.members('1', `;${second.connectString}`);
      assert.equal(await told, second.connectString);
      assert.ok(is(first));
      await leave(first);
      await stateOf(zk, 'connected');
      assert.ok(is(second));

      await leave(second);
      const toldLate = nextHosts(zk);
      await ensemble.members('2', `;${third.connectString}`);
      second.heal();
      assert.equal(await toldLate, third.connectString);
      await leave(second);
      await stateOf(zk, 'connected');
      assert.ok(is(third));
    });

    it('is told of by a client that follows and may not read it, once until it could', async () => {
      await using ensemble = await author();
      await using proxy = await FaultProxy.start(server().port);
      await ensemble.members('1', `;${proxy.connectString}`);
      await ensemble.readableBy(CREATOR_ALL_ACL);
      await using zk = await connect(proxy, { followEnsemble: true });
      const refusals: string[] = [];
      zk.on('hosts-refused', ({ code, path }) => refusals.push(`${code} ${path}`));
      const reconnect = async () => {
        proxy.cut();
        await stateOf(zk, 'suspended');
        await stateOf(zk, 'connected');
      };
      const refused = 'NO_AUTH /zookeeper/config';
      // Each is answered behind what the client itself asks.
      await assert.rejects(zk.config(), { code: 'NO_AUTH' });
      await reconnect();
      await assert.rejects(zk.config(), { code: 'NO_AUTH' });
      assert.deepEqual(refusals, [refused]);

      await ensemble.readableBy(READ_ONLY_ACL);
      const told = nextHosts(zk);
      await reconnect();
      assert.equal(await told, proxy.connectString);
      await ensemble.readableBy(CREATOR_ALL_ACL);
      await reconnect();
      await assert.rejects(zk.config(), { code: 'NO_AUTH' });
      assert.deepEqual(refusals, [refused, refused]);
    });

    it('leaves a client alone that does not follow', async () => {
      await using ensemble = await author();
      await using zk = await connectToFreshTree(server());
      zk.on('hosts', () => assert.fail('nobody asked for it'));
      const { watch } = await zk.configAndWatch();
      await ensemble.members('1', ';127.0.0.1:1');
      await watch.event;
      await zk.sync('/');
    });
  });
}
