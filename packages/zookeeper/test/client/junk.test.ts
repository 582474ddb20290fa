import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rootCertificates } from 'node:tls';
import { inspect } from 'node:util';
import {
  baseName,
  DistributedLock,
  digestId,
  joinPath,
  OPEN_ACL,
  parentPath,
  parseConnectString,
  retry,
  TlsFiles,
  untilAnswered,
  ZooKeeperClient,
  ZooKeeperError,
} from '@mpim/zookeeper';
import { ErrorCode } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { systemClock } from '../../src/client/clock.ts';
import { zooKeeperErrorCode } from '../../src/client/errors.ts';
import { spoilt, widened } from '../support/junk.ts';
import { publicMembers } from './suite/public-members.ts';

type Untyped = (...args: unknown[]) => unknown;

/** Arguments by the names that errors have for them, with all the fields that they can have. */
type Arguments = Readonly<Record<string, unknown>>;

const SERVER_CODES = new Set(Object.values(ErrorCode).map(zooKeeperErrorCode));
const { signal } = new AbortController();
const limits = { signal, timeoutMs: 60_000 };
const versioned = { ...limits, version: -1 };
const acl = [{ ...OPEN_ACL[0] }];
const node = { mode: 'persistent-ttl', ttlMs: 60_000, acl };

const CALLS: Readonly<Record<string, Arguments>> = {
  create: { path: '/a/b', data: 'data', options: { ...limits, ...node } },
  get: { path: '/a', options: limits },
  exists: { path: '/a', options: limits },
  set: { path: '/a', data: 'data', options: versioned },
  children: { path: '/a', options: limits },
  delete: { path: '/a/b', options: versioned },
  multi: {
    operation: [
      { type: 'create', path: '/a/c', data: 'data', ...node },
      { type: 'set', path: '/a/c', data: 'data', version: -1 },
      { type: 'check', path: '/a/c', version: -1 },
      { type: 'delete', path: '/a/c', version: -1 },
    ],
    options: limits,
  },
  sync: { path: '/a', options: limits },
  getAcl: { path: '/a', options: limits },
  setAcl: { path: '/a', acl, options: versioned },
  deleteRecursive: { path: '/a/b', options: limits },
  ensurePath: { path: '/a/d', options: { ...limits, acl } },
  multiRead: {
    operation: [
      { type: 'get', path: '/a' },
      { type: 'children', path: '/a' },
    ],
    options: limits,
  },
  ephemerals: { path: '/a', options: limits },
  countDescendants: { path: '/a', options: limits },
  whoAmI: { options: limits },
  getAndWatch: { path: '/a', options: limits },
  existsAndWatch: { path: '/a', options: limits },
  childrenAndWatch: { path: '/a', options: limits },
  watch: { path: '/a', options: { ...limits, recursive: true } },
  checkWatches: { path: '/a', kind: 'any', options: limits },
  config: { options: limits },
  configAndWatch: { options: limits },
  reconfigure: {
    change: { joining: ['server.4=zk4:2888:3888;2181'], leaving: ['3'], fromVersion: -1n },
    options: limits,
  },
  addAuth: { scheme: 'digest', auth: 'ann:secret', options: limits },
  ready: { options: { signal } },
  useHosts: { 'connect string': '127.0.0.1:1' },
  below: { path: '/a' },
  close: { options: { keepSession: false } },
};

const OPTIONS: Arguments = {
  connectString: '127.0.0.1:1',
  sessionTimeoutMs: 1000,
  connectTimeoutMs: 1000,
  session: { id: 5n, password: Buffer.alloc(16) },
  renewExpiredSession: true,
  readOnly: true,
  followEnsemble: true,
  auth: [{ scheme: 'digest', auth: 'ann:secret' }],
  sasl: { username: 'ann', password: 'secret' },
  maxPacketBytes: 1024,
  maxAnswerBytes: 65_536,
  highWaterMark: { calls: 1, bytes: 1 },
  measureOperations: { record: () => {} },
  signal,
  clock: { ...systemClock },
  random: Math.random,
  transport: { connect: () => ({ write() {}, pause() {}, resume() {}, destroy() {} }) },
};

/** Does the work with each piece of junk in each place, which must refuse some and may take others. */
async function spoil(what: string, args: Arguments, work: Untyped): Promise<void> {
  const refused = new Map<string, boolean>();
  for (const { where, value } of spoilt(args)) {
    const [name] = where;
    if (name === undefined) continue;
    const place = `${what}: ${where.join('.')}`;
    const field = where.findLast((each) => !/^\d+$/.test(each)) ?? name;
    const isRefused = await refuses(place, field, () => work(...Object.values(value as object)));
    refused.set(place, isRefused || refused.get(place) === true);
  }
  for (const [place, isRefused] of refused) assert.ok(isRefused, `${place} takes anything`);
}

/** Whether it refuses the work as it should: with a known code and, if that is the client's, naming the field. */
async function refuses(place: string, field: string, work: Untyped): Promise<boolean> {
  try {
    await close(await work());
    return false;
  } catch (error) {
    assert.ok(error instanceof ZooKeeperError, `${place}: ${inspect(error)}`);
    assert.ok(error.path === undefined || typeof error.path === 'string', place);
    const isKnown =
      error.code === 'BAD_ARGUMENTS'
        ? squeezed(error.message).includes(squeezed(field))
        : SERVER_CODES.has(error.code);
    assert.ok(isKnown, `${place}: ${error}`);
    return true;
  }
}

/** `connectString` is also said in two words. */
function squeezed(text: string): string {
  return text.toLowerCase().replaceAll(' ', '');
}

async function close(result: unknown): Promise<void> {
  if (typeof result !== 'object' || result === null) return;
  if (Symbol.asyncDispose in result) await (result as AsyncDisposable)[Symbol.asyncDispose]();
}

describe('junk', () => {
  it('in any argument of any method is refused by its name or taken', async () => {
    await using server = await ZooKeeperServer.start();
    for (const [name, args] of Object.entries(CALLS)) {
      let zk = await ZooKeeperClient.connect({ connectString: server.connectString });
      await zk.ensurePath('/a');
      await spoil(name, args, async (...spoiltArgs) => {
        // One whose identity was refused is at its end.
        if (zk.state.kind !== 'connected') {
          zk = await ZooKeeperClient.connect({ connectString: server.connectString });
        }
        return await (zk as unknown as Record<string, Untyped>)[name]?.(...spoiltArgs);
      });
      await zk.close();
    }
  });

  it('in the names of options, or of parts of a transaction, is refused by that name', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
    const methods = zk as unknown as Record<string, Untyped>;
    for (const [name, args] of Object.entries(CALLS)) {
      let tried = 0;
      for (const { where, value } of widened(args, 'junk')) {
        // All fields of its entries must be there: none can be missing for a misspelt one.
        if (where.length === 0 || where.includes('acl')) continue;
        tried += 1;
        const place = `${name}: ${where.join('.')}`;
        const call = async () => methods[name]?.(...Object.values(value as object));
        await assert.rejects(call, { code: 'BAD_ARGUMENTS', message: / has no junk: / }, place);
      }
      const hasObjects = Object.values(args).some((each) => typeof each === 'object');
      assert.equal(tried > 0, hasObjects, name);
    }
    assert.equal(await zk.exists('/a'), null);
  });

  it('was tried on all methods that take arguments', async () => {
    const zk = ZooKeeperClient.startConnecting({ connectString: '127.0.0.1:1' });
    const getters = ['state', 'failures', 'stats', 'chroot'];
    const methods = publicMembers(zk).filter(
      (name) => !getters.includes(name) && !name.startsWith('session'),
    );
    assert.deepEqual(methods.sort(), Object.keys(CALLS).sort());
    await zk.close();
  });

  it('in any option is refused by its name or taken', async () => {
    const start = ZooKeeperClient.startConnecting as Untyped;
    await spoil('options', { options: OPTIONS }, start);
    const tls = { ca: rootCertificates[0], serverName: 'zk', verifyHost: true };
    await spoil('tls', { tls }, (spoiltTls) =>
      start({ connectString: '127.0.0.1:1', tls: spoiltTls }),
    );
    await spoil(
      'TlsFiles',
      { tls: { ca: undefined, serverName: 'zk', verifyHost: true } },
      (args) => new TlsFiles(args as ConstructorParameters<typeof TlsFiles>[0]),
    );
  });

  it('in what goes with a client is refused by its name or taken', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
    const lock = { zk, path: '/lock', options: { signal, acl, data: 'data' } };
    await spoil('lock', lock, DistributedLock.acquire as Untyped);
    const call = async () => 'answer';
    const policy = { attempts: 1, firstDelayMs: 1, longestDelayMs: 1, idempotent: true, signal };
    await spoil('retry', { call, policy }, retry as Untyped);
    await spoil('untilAnswered', { call }, untilAnswered as Untyped);
    await spoil('digestId', { digestId: 'ann:secret' }, digestId as Untyped);
    await spoil('parentPath', { path: '/a/b' }, parentPath as Untyped);
    await spoil('baseName', { path: '/a/b' }, baseName as Untyped);
    await spoil('joinPath', { path: '/a', name: 'b' }, joinPath as Untyped);
    await spoil('parse', { 'connect string': '127.0.0.1:1' }, parseConnectString as Untyped);
  });
});
