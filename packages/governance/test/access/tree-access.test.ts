import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  ApacheZooKeeper,
  jaasConfig,
  missingDebianPackage,
  temporaryFolder,
  waitFor,
} from '@mpim/testkit';
import {
  digestId,
  OPEN_ACL,
  READ_ONLY_ACL,
  ZooKeeperClient,
  type ZooKeeperClientOptions,
  ZooKeeperError,
} from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import {
  ConfigCentre,
  identityAcl,
  openNodes,
  ServiceDiscovery,
  ServiceRegistry,
  type TreeAccessOptions,
  treeAccess,
} from '../../src/index.ts';
import { instanceRecord } from '../support/instance-record.ts';

const SASL_USERS = { mpim: 'only "services" know', mallory: 'hers' };
const DIGEST = 'mpim:a password: with a colon';

interface Identity {
  readonly name: string;
  readonly options: Pick<ZooKeeperClientOptions, 'auth' | 'sasl'>;
  readonly scheme: string;
  readonly id: string;
}

const ours: readonly Identity[] = [
  {
    name: 'digest',
    options: { auth: [{ scheme: 'digest', auth: DIGEST }] },
    scheme: 'digest',
    id: digestId(DIGEST),
  },
  {
    name: 'SASL',
    options: { sasl: { username: 'mpim', password: SASL_USERS.mpim } },
    scheme: 'sasl',
    id: 'mpim',
  },
];

/** All that is neither ours: nobody, another digest user of the same name, another SASL user. */
const strangers: readonly (readonly [string, Identity['options']])[] = [
  ['who shows nothing', {}],
  ['of the same name', { auth: [{ scheme: 'digest', auth: 'mpim:guess' }] }],
  [
    'with an identity of their own',
    { sasl: { username: 'mallory', password: SASL_USERS.mallory } },
  ],
];

const refused = (error: unknown) => {
  assert.ok(error instanceof ZooKeeperError);
  assert.equal(error.code, 'NO_AUTH');
  return true;
};

function suite(server: () => { readonly connectString: string } | undefined): void {
  let trees = 0;
  /** Opens clients of a tree of its own. */
  const tree = () => {
    trees += 1;
    const connectString = `${server()?.connectString}/tree-${trees}`;
    return (options: Identity['options'] = {}) =>
      ZooKeeperClient.connect({ connectString, ...options });
  };

  for (const { name, options, scheme, id } of ours) {
    const acl = identityAcl([{ scheme, id }]);

    describe(`with an identity of ${name}`, { concurrency: true }, () => {
      for (const [who, theirs] of strangers) {
        it(`a stranger ${who} can read, and neither register, change nor remove anything`, async () => {
          const open = tree();
          await using zk = await open(options);
          const registry = new ServiceRegistry(zk, { acl });
          await using registration = await registry.register(instanceRecord('user-1'));
          const config = new ConfigCentre(zk, { acl });
          await config.set('UserServiceRpc', { limit: 1 });

          await using stranger = await open(theirs);
          await using discovery = new ServiceDiscovery(stranger);
          await discovery.ready('UserServiceRpc');
          const found = discovery.status()[0]?.instances.map((each) => each.id);
          assert.deepEqual(found, ['user-1']);
          const theirConfig = new ConfigCentre(stranger);
          assert.deepEqual((await theirConfig.get('UserServiceRpc'))?.value, { limit: 1 });

          const theirRegistry = new ServiceRegistry(stranger);
          await assert.rejects(theirRegistry.register(instanceRecord('evil')), refused);
          await assert.rejects(
            theirRegistry.register(instanceRecord('evil', { service: 'NewServiceRpc' })),
            refused,
          );
          const taken = [
            '/services/UserServiceRpc/user-1',
            '/services/UserServiceRpc',
            '/UserServiceRpc/Login',
            '/UserServiceRpc',
            '/config/services/UserServiceRpc',
            '/config/services',
            '/services',
          ];
          for (const path of taken) {
            await assert.rejects(stranger.set(path, '{}'), refused, path);
            await assert.rejects(stranger.delete(path), refused, path);
            await assert.rejects(stranger.create(`${path}/evil`, ''), refused, path);
            await assert.rejects(stranger.setAcl(path, OPEN_ACL), refused, path);
          }
          await assert.rejects(theirConfig.set('UserServiceRpc', { limit: 9 }), refused);
          await assert.rejects(theirConfig.set('MessageServiceRpc', {}), refused);
          await assert.rejects(stranger.create('/evil', ''), refused);

          // Whoever owns it still can: a second instance, new settings, the end of the first.
          await using second = await open(options);
          const other = await new ServiceRegistry(second, { acl }).register(
            instanceRecord('user-2', { port: 7002 }),
          );
          await config.set('UserServiceRpc', { limit: 2 });
          await registration.deregister();
          await waitFor(() => discovery.status()[0]?.instances[0]?.id === 'user-2');
          await waitFor(async () =>
            String((await zk.get('/UserServiceRpc/Login')).data).endsWith('7002'),
          );
          await other.deregister();
          assert.deepEqual((await zk.children('/services/UserServiceRpc')).children, []);
        });
      }

      it('an open tree is closed and opened again while its services run', async () => {
        const open = tree();
        await using earlier = await open();
        await using old = await new ServiceRegistry(earlier).register(instanceRecord('old'));
        await new ConfigCentre(earlier).set('UserServiceRpc', { limit: 1 });
        await using zk = await open(options);
        await using _new = await new ServiceRegistry(zk, { acl }).register(
          instanceRecord('new', { port: 7002 }),
        );
        const roots = ['/services', '/services/UserServiceRpc', '/UserServiceRpc', '/missing'];
        assert.deepEqual(await openNodes(zk, roots), roots.slice(0, 3));

        const seen = await reports(zk, { acl });
        assert.deepEqual(seen.asWanted, ['/services/UserServiceRpc/new']);
        assert.deepEqual(seen.open, [
          '/',
          '/UserServiceRpc',
          '/UserServiceRpc/Login',
          '/UserServiceRpc/Logout',
          '/config',
          '/config/services',
          '/config/services/UserServiceRpc',
          '/services',
          '/services/UserServiceRpc',
          '/services/UserServiceRpc/old',
        ]);
        assert.deepEqual((await reports(zk, { acl, change: true })).changed, seen.open);
        assert.deepEqual(await openNodes(earlier, roots), []);
        const closed = await reports(zk, { acl });
        assert.deepEqual([closed.open, closed.other], [[], []]);

        // Who was there without an identity is not thrown out, and cannot do anything any more.
        assert.equal(old.state, 'registered');
        assert.ok(await earlier.exists('/services/UserServiceRpc/old'));
        await assert.rejects(earlier.delete('/services/UserServiceRpc/old'), refused);
        const again = new ServiceRegistry(earlier).register(instanceRecord('old-2'));
        await assert.rejects(again, refused);

        // A stranger cannot open it; its owner can.
        await assert.rejects(reports(earlier, { acl: OPEN_ACL, change: true }), refused);
        await reports(zk, { acl: OPEN_ACL, change: true });
        await earlier.delete('/config/services/UserServiceRpc');
      });

      it('changes owners: to old and new ones, then to the new ones alone', async () => {
        const open = tree();
        const next = { scheme: 'digest', auth: 'next:password' };
        const both = { ...options, auth: [...(options.auth ?? []), next] };
        const nextId = { scheme: 'digest', id: digestId(next.auth) };
        await using zk = await open(options);
        await new ConfigCentre(zk, { acl }).set('UserServiceRpc', {});
        await using second = await open(both);
        const shared = identityAcl([{ scheme, id }, nextId]);
        assert.equal((await reports(second, { acl: shared, change: true })).changed.length, 4);
        await zk.set('/config/services/UserServiceRpc', '{"by":"the old owner"}');
        const alone = identityAcl([nextId]);
        assert.equal((await reports(second, { acl: alone, change: true })).changed.length, 4);
        await assert.rejects(zk.set('/config/services/UserServiceRpc', '{}'), refused);
        await second.set('/config/services/UserServiceRpc', '{"by":"the new owner"}');
      });
    });
  }
}

async function reports(zk: ZooKeeperClient, options: TreeAccessOptions) {
  const found = { asWanted: [], open: [], other: [], changed: [] } as Record<
    'asWanted' | 'open' | 'other' | 'changed',
    string[]
  >;
  for await (const { path, access, changed } of treeAccess(zk, options)) {
    found[access === 'as-wanted' ? 'asWanted' : access].push(path);
    if (changed) found.changed.push(path);
  }
  for (const paths of Object.values(found)) paths.sort();
  return found;
}

describe('who may change the tree, with the embedded server', () => {
  let server: ZooKeeperServer | undefined;
  before(async () => {
    server = await ZooKeeperServer.start({ saslUsers: SASL_USERS });
  });
  after(() => server?.stop());
  suite(() => server);
});

it('the root is closed when that is asked for; then nobody takes a name before the services do', async () => {
  await using server = await ZooKeeperServer.start();
  const { connectString } = server;
  const auth = [{ scheme: 'digest', auth: DIGEST }];
  await using zk = await ZooKeeperClient.connect({ connectString, auth });
  await using stranger = await ZooKeeperClient.connect({ connectString });
  const acl = identityAcl([{ scheme: 'digest', id: digestId(DIGEST) }]);
  const theirs = [{ scheme: 'ip', id: '192.0.2.1', permissions: 31 }, ...READ_ONLY_ACL];

  // A stranger who was first is found out, and can be dealt with by whoever may change the root.
  await stranger.create('/services', '', { acl: theirs });
  const registry = new ServiceRegistry(zk, { acl });
  await assert.rejects(registry.register(instanceRecord('user-1')), refused);
  assert.deepEqual((await reports(zk, { acl })).other, ['/services']);
  await zk.delete('/services');
  await using _registration = await registry.register(instanceRecord('user-1'));

  const seen = await reports(zk, { acl, change: true });
  assert.ok(!seen.changed.includes('/'));
  await stranger.create('/MessageServiceRpc', '');
  assert.deepEqual((await reports(zk, { acl, change: true, root: true })).changed, ['/']);
  await assert.rejects(stranger.create('/GroupServiceRpc', ''), refused);
  await assert.rejects(stranger.delete('/MessageServiceRpc'), refused);
});

const missing = await missingDebianPackage('zookeeper');

describe('who may change the tree, with Apache ZooKeeper', { skip: missing ?? false }, () => {
  const resources = new AsyncDisposableStack();
  let server: ApacheZooKeeper | undefined;
  before(async () => {
    const folder = resources.use(await temporaryFolder('apache-access'));
    const jaas = join(folder.path, 'jaas.conf');
    await writeFile(jaas, jaasConfig(SASL_USERS));
    server = await ApacheZooKeeper.start(
      { 'authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' },
      ['-Xmx256m', `-Djava.security.auth.login.config=${jaas}`],
    );
  });
  after(async () => {
    await server?.stop();
    await resources.disposeAsync();
  });
  suite(() => server);
});
