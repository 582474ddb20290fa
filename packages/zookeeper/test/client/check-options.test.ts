import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DistributedLock,
  digestId,
  OPEN_ACL,
  retry,
  TlsFiles,
  ZooKeeperClient,
  ZooKeeperError,
} from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** What programs without a compiler, or with a setting from elsewhere, come with. */
const OPTIONS: [string, Record<string, unknown>][] = [
  ['options.connectString', { connectString: undefined }],
  ...[Number.POSITIVE_INFINITY, 2 ** 31, 0, -1, Number.NaN, 1.5, '1000'].flatMap(
    (value): [string, Record<string, unknown>][] => [
      ['options.sessionTimeoutMs', { sessionTimeoutMs: value }],
      ['options.connectTimeoutMs', { connectTimeoutMs: value }],
    ],
  ),
  ['options.session.id', { session: { id: 5, password: Buffer.alloc(16) } }],
  ['options.session.id', { session: { id: 1n << 63n, password: Buffer.alloc(16) } }],
  ['options.session.password', { session: { id: 5n, password: Buffer.alloc(3) } }],
  ['options.session.password', { session: { id: 5n, password: 'sixteen letters.' } }],
  ['options.auth', { auth: [{ auth: 'ann:secret' }] }],
  ['options.auth', { auth: [{ scheme: 'digest' }] }],
  ['options.sasl', { sasl: { username: 'ann' } }],
  ['options.tls.verifyHost', { tls: { verifyHost: null } }],
  ['options.readOnly', { readOnly: 'false' }],
];

/** Names that are none, and what is said about them. */
const UNKNOWN: [options: Record<string, unknown>, says: string][] = [
  [{ sessionTimout: 5 }, 'options has no sessionTimout: did you mean sessionTimeoutMs?'],
  [{ sessionTimeout: 5 }, 'options has no sessionTimeout: did you mean sessionTimeoutMs?'],
  [{ readonly: true }, 'options has no readonly: did you mean readOnly?'],
  [{ connect: 'zk:2181' }, 'options has no connect: did you mean connectString?'],
  [{ retries: undefined }, 'options has no retries: there are connectString, sessionTimeoutMs, '],
  [{ tls: { servername: 'zk' } }, 'options.tls has no servername: did you mean serverName?'],
  [{ tls: { rejectUnauthorized: false } }, 'options.tls has no rejectUnauthorized: there are ca,'],
  [{ sasl: { user: 'ann' } }, 'options.sasl has no user: did you mean username?'],
  [{ auth: [{ scheme: 'digest', id: 'a:b' }] }, 'options.auth has no id: there are scheme, auth'],
  [{ session: { passwd: 'secret' } }, 'options.session has no passwd: did you mean password?'],
  [{ highWaterMark: { byte: 1 } }, 'options.highWaterMark has no byte: did you mean bytes?'],
];

/** A call of any name with any arguments. */
type Untyped = Record<string, (...args: unknown[]) => Promise<unknown>>;

const CALLS: [call: string, args: unknown[], says: RegExp][] = [
  ['get', [undefined], /path is undefined: it takes text/],
  ['get', ['/', { timeoutMs: Number.POSITIVE_INFINITY }], /options\.timeoutMs is Infinity/],
  ['get', ['/', { timeoutMs: 2 ** 31 }], /options\.timeoutMs is 2147483648/],
  ['get', ['/', { timeoutMs: -1 }], /options\.timeoutMs is -1/],
  ['get', ['/', { timeoutMs: Number.NaN }], /options\.timeoutMs is NaN/],
  ['addAuth', ['digest', 'a:b', { timeoutMs: Number.NaN }], /options\.timeoutMs is NaN/],
  ['addAuth', ['digest'], /addAuth: an identity is/],
  ['create', ['/a', 42], /data of \/a is 42/],
  ['create', ['/a', { name: 'value' }], /data of \/a is { name: 'value' }/],
  [
    'create',
    ['/a', null, { mode: 'EPHEMERAL' }],
    /mode of \/a is "EPHEMERAL".*ephemeral-sequential/,
  ],
  [
    'create',
    ['/a', null, { mode: 'persistent-ttl', ttlMs: 1.5 }],
    /ttlMs of \/a is 1\.5: it takes whole/,
  ],
  ['set', ['/a', [1, 2]], /data of \/a is \[ 1, 2 \]/],
  ['set', ['/a'], /data of \/a is undefined: it takes text, a Uint8Array or null/],
  ['multi', [[{ type: 'set', path: '/a' }]], /data of \/a is undefined/],
  ['create', ['/a', null, OPEN_ACL], /options is \[ \[Object\] \]: it takes an object/],
  ['set', ['/a', null, { version: 1.5 }], /version of \/a is 1\.5/],
  [
    'multi',
    [
      [
        { type: 'check', path: '/' },
        { type: 'get', path: '/' },
      ],
    ],
    /operation 1.*"get"/,
  ],
  ['multi', [[{ type: 'set', path: '/a', data: 1 }]], /data of \/a/],
  ['multiRead', [[{ type: 'exists', path: '/' }]], /operation 0.*"exists"/],
  ['checkWatches', ['a', 'any'], /it must start with/],
  ['checkWatches', ['/', 'exist'], /kind is "exist": .*data, children, any/],
  ['ephemerals', ['a'], /it must start with/],
  ['countDescendants', ['a'], /it must start with/],
  ['deleteRecursive', ['a'], /it must start with/],
  ['ensurePath', ['a'], /it must start with/],
  ['getAcl', ['a'], /it must start with/],
  ['setAcl', ['/', 'open'], /acl of \/ is "open"/],
  ...[-1, 32, 0.5, 'rw'].map((permissions): [string, unknown[], RegExp] => [
    'setAcl',
    ['/', [{ permissions, scheme: 'world', id: 'anyone' }]],
    /permissions in acl\[0\] of \/ is .*sum of some Permissions, 0 to 31/,
  ]),
  ['get', ['/', () => {}], /options is \[Function/],
  ['get', ['/', { signal: {} }], /options\.signal is {}/],
  ['reconfigure', [{ joining: 'server.4=a:1:1;1' }], /joining is "server.*list of texts/],
  ['reconfigure', [{ leaving: [3] }], /leaving is \[ 3 \]/],
  ['reconfigure', [{ leaving: ['3'], fromVersion: 5 }], /fromVersion is 5/],
  ['set', ['/', '', { versoin: 3 }], /^options has no versoin: did you mean version\?/],
  ['delete', ['/', { verison: 3 }], /^options has no verison: did you mean version\?/],
  ['setAcl', ['/', [...OPEN_ACL], { aversion: 3 }], /^options has no aversion: did .* version\?/],
  ['deleteRecursive', ['/', { version: 3 }], /^options has no version: there are signal, time/],
  ['create', ['/a', '', { mode: 'persistent-ttl', ttl: 5 }], /^options has no ttl: did .* ttlMs/],
  ['get', ['/', { timeout: 5 }], /^options has no timeout: did you mean timeoutMs\?/],
  ['get', ['/', { watch: true }], /^options has no watch: there are signal, timeoutMs/],
  ['watch', ['/', { recurse: true }], /^options has no recurse: did you mean recursive\?/],
  ['ensurePath', ['/a', { mode: 'container' }], /^options has no mode: there are acl, signal, t/],
  ['addAuth', ['digest', 'a:b', { timeout: 5 }], /^options has no timeout: did .* timeoutMs/],
  ['ready', [{ timeoutMs: 5 }], /^options has no timeoutMs: there are signal$/],
  [
    'multi',
    [
      [
        { type: 'check', path: '/' },
        { type: 'set', path: '/', data: '', versoin: 3 },
      ],
    ],
    /^operation 1 of multi has no versoin: did you mean version\?/,
  ],
  [
    'multi',
    [[{ type: 'delete', path: '/a', data: '' }]],
    /^operation 0 .* no data: there are type/,
  ],
  ['multi', [[{ type: 'create', path: '/a', ttl: 5 }]], /^operation 0 .* no ttl: did .* ttlMs/],
  ['multiRead', [[{ type: 'get', path: '/', watch: true }]], /^operation 0 of multiRead has no w/],
  ['reconfigure', [{ leaving: ['3'], fromVersoin: 5n }], /^change has no fromVersoin: did .* from/],
  [
    'reconfigure',
    [{ members: ['server.1=a:1:1;1'], leaving: ['3'] }],
    /^change with members has no leaving: there are members, fromVersion/,
  ],
  ['sync', ['a'], /it must start with/],
  ['watch', ['a'], /it must start with/],
  ['getAndWatch', ['a'], /it must start with/],
  ['existsAndWatch', ['a'], /it must start with/],
  ['childrenAndWatch', ['a'], /it must start with/],
];

function isBadArguments(says: RegExp | string) {
  return (error: unknown) => {
    assert.ok(error instanceof ZooKeeperError, String(error));
    assert.equal(error.code, 'BAD_ARGUMENTS');
    assert.equal(error.sent, false);
    if (typeof says === 'string') assert.equal(error.message.slice(0, says.length), says);
    else assert.match(error.message, says);
    return true;
  };
}

describe('what cannot be', () => {
  it('is refused among the options by the name of its field, and never harms the process', async () => {
    await using server = await ZooKeeperServer.start();
    for (const [field, bad] of OPTIONS) {
      const options = { connectString: server.connectString, ...bad };
      const says = new RegExp(field.replaceAll('.', '\\.'));
      await assert.rejects(ZooKeeperClient.connect(options), isBadArguments(says));
      assert.throws(() => ZooKeeperClient.startConnecting(options), isBadArguments(says));
    }
  });

  it('is a name that is none, which is refused with the nearest one', async () => {
    await using server = await ZooKeeperServer.start();
    for (const [bad, says] of UNKNOWN) {
      const options = { connectString: server.connectString, ...bad };
      const isRefused = isBadArguments(says);
      await assert.rejects(ZooKeeperClient.connect(options), isRefused);
      assert.throws(() => ZooKeeperClient.startConnecting(options), isRefused);
    }
    await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
    const closing = zk.close({ keepsession: true } as object);
    await assert.rejects(
      closing,
      isBadArguments(/^options has no keepsession: did .* keepSession/),
    );
    const locking = DistributedLock.acquire(zk, '/lock', { timeoutMs: 5 } as object);
    await assert.rejects(locking, isBadArguments(/^options has no timeoutMs: there are signal/));
    const policy = { idempotant: true } as object;
    const retrying = retry(() => zk.get('/'), policy);
    await assert.rejects(retrying, isBadArguments(/^policy has no idempotant: did .* idempotent/));
    const files = () => new TlsFiles({ caFile: '/ca.pem' } as object);
    assert.throws(files, isBadArguments(/^options\.tls has no caFile: there are ca, cert/));
  });

  it('rejects the call that it is given to, throws nothing and costs no connection', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
    const untyped = zk as unknown as Untyped;
    for (const [call, args, says] of CALLS) {
      // Not within a function: what is thrown at once must fail the test.
      const result = untyped[call]?.(...args);
      await assert.rejects(result ?? Promise.resolve(), isBadArguments(says), call);
    }
    assert.equal(await zk.exists('/a'), null);
    assert.equal(zk.stats.connections, 1);
    assert.throws(() => zk.below('a'), isBadArguments(/it must start with/));
    const Untypable = ZooKeeperClient as unknown as new (options: object) => ZooKeeperClient;
    assert.throws(() => new Untypable({}), isBadArguments(/await ZooKeeperClient\.connect/));
  });

  it('is no field that options only inherit', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
    const options = Object.assign(Object.create({ inherited: true }), { timeoutMs: 60_000 });
    assert.equal(await zk.exists('/a', options), null);
  });

  it('is no identity, and no end of repetitions', async () => {
    assert.throws(() => digestId('ann'), isBadArguments(/user:password/));
    const error = new ZooKeeperError('CONNECT_TIMEOUT', 'no server');
    let calls = 0;
    const failing = async () => {
      calls += 1;
      throw error;
    };
    await assert.rejects(retry(failing, { attempts: Number.NaN }), error);
    assert.equal(calls, 1);
  });
});
