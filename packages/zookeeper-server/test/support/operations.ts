import {
  type Acl,
  AddWatchMode,
  CREATOR_ALL_ACL,
  createModeFlags,
  type JuteWriter,
  MAX_TTL_MS,
  type MultiRequestItem,
  OPEN_ACL,
  OpCode,
  READ_ONLY_ACL,
  WatcherType,
  writeAddWatchRequest,
  writeAuthPacket,
  writeCreateRequest,
  writeCreateTtlRequest,
  writeDeleteRequest,
  writeGetAclRequest,
  writeGetAllChildrenNumberRequest,
  writeGetEphemeralsRequest,
  writeMultiRequest,
  writePathWatchRequest,
  writeRemoveWatchesRequest,
  writeSetAclRequest,
  writeSetDataRequest,
  writeSetWatches2Request,
  writeSetWatchesRequest,
  writeSyncRequest,
} from '@mpim/zookeeper/protocol';
import type { Dice } from './dice.ts';

/** One request as a script holds it; the same one goes to several servers. */
export interface ScriptedRequest {
  readonly op: number;
  /** Says what it does when a comparison fails. */
  readonly label: string;
  /** Writes the body; `baseZxid` is what the script's zxids count from on the server that gets it. */
  readonly write: (output: JuteWriter, baseZxid?: bigint) => void;
}

/** What a script is about. */
export interface ScriptTopic {
  /** Everything lies below this path; the root unless told. */
  readonly root?: string;
  /** Whether there are quotas. */
  readonly quotas?: boolean;
}

const DIGEST = 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=';
const ACLS: readonly [readonly Acl[], ...(readonly Acl[])[]] = [
  OPEN_ACL,
  OPEN_ACL,
  OPEN_ACL,
  OPEN_ACL,
  READ_ONLY_ACL,
  CREATOR_ALL_ACL,
  [],
  [...OPEN_ACL, ...OPEN_ACL],
  [{ permissions: 31, scheme: 'digest', id: DIGEST }],
  [
    { permissions: 1, scheme: 'digest', id: DIGEST },
    { permissions: 30, scheme: 'ip', id: '127.0.0.0/8' },
  ],
  [{ permissions: 31, scheme: 'ip', id: '10.0.0.1' }],
  [{ permissions: 31, scheme: 'ip', id: '10.0.0.1/40' }],
  [{ permissions: 31, scheme: 'world', id: 'nobody' }],
  [{ permissions: 31, scheme: 'digest', id: 'a:b:c' }],
  [{ permissions: 31, scheme: 'nonsense', id: 'x' }],
  [{ permissions: 0, scheme: 'world', id: 'anyone' }],
  [...CREATOR_ALL_ACL, ...READ_ONLY_ACL],
];

const GOOD_PATHS = [
  '/a',
  '/b',
  '/a/b',
  '/a/c',
  '/a/b/c',
  '/b/c',
  '/e',
  '/e/x',
  '/q',
  '/qx',
] as const;
const WATCHED_PATHS = ['/w', '/w/p', '/w/p/q'] as const;
const ODD_PATHS = [
  '/',
  '/zookeeper',
  '/zookeeper/config',
  '/zookeeper/quota',
  '/zookeeper/quota/a',
  'a',
  '//a',
  '/a/',
  '/a//b',
  '/.',
  '/a/..',
  '/a/./b',
  '/\u0001',
  '/a\u007f',
  '/\uffff',
  '/missing/x',
  '/a/\0',
] as const;

/** Writes scripts: requests that often collide, since the errors are the interesting part. */
export class ScriptWriter {
  readonly #dice: Dice;
  readonly #root: string;
  readonly #quotas: boolean;

  constructor(dice: Dice, { root = '', quotas = false }: ScriptTopic = {}) {
    this.#dice = dice;
    this.#root = root;
    this.#quotas = quotas;
  }

  /** The next request. */
  next(): ScriptedRequest {
    if (this.#quotas && this.#dice.chance(15)) return quota(this);
    return this.#dice.one(REQUESTS)(this);
  }

  path(): string {
    if (this.#dice.chance(88)) return this.below(this.#dice.one(GOOD_PATHS));
    const odd = this.#dice.one(ODD_PATHS);
    return odd === '/' || !odd.startsWith('/') || odd.startsWith('/zookeeper')
      ? odd
      : this.below(odd);
  }

  /** A path that no other script can see. */
  ownPath(): string {
    const path = this.path();
    return path.startsWith(this.#root) ? path : this.below(this.#dice.one(GOOD_PATHS));
  }

  /** A path as seen from the root of the tree. */
  below(path: string): string {
    return this.#root + path;
  }

  /** A path to change: also one of those with lasting watches. */
  target(): string {
    return this.#dice.chance(25) ? this.below(this.#dice.one(WATCHED_PATHS)) : this.path();
  }

  data(): Buffer | null {
    const size = this.#dice.below(6);
    return size === 0 ? null : Buffer.alloc((size - 1) * 3, size);
  }

  version(): number {
    return this.#dice.one([-1, -1, -1, 0, 0, 1, 2, -2]);
  }

  acl(): readonly Acl[] {
    return this.#dice.one(ACLS);
  }

  watch(): boolean {
    return this.#dice.chance(30);
  }

  one<T>(items: readonly [T, ...T[]]): T {
    return this.#dice.one(items);
  }

  count(bound: number): number {
    return this.#dice.below(bound);
  }
}

type MakeRequest = (script: ScriptWriter) => ScriptedRequest;

const PATH_READS = [
  OpCode.exists,
  OpCode.getData,
  OpCode.getChildren,
  OpCode.getChildren2,
] as const;

const REQUESTS: readonly [MakeRequest, ...MakeRequest[]] = [
  create,
  create,
  create,
  create,
  createTtl,
  remove,
  remove,
  setData,
  setData,
  setAcl,
  getAcl,
  read,
  read,
  read,
  read,
  multi,
  multi,
  multiRead,
  addWatch,
  removeWatches,
  setWatches,
  ephemerals,
  allChildren,
  (s) => request(OpCode.whoAmI, 'whoAmI', {}, () => s.path()),
  (s) => {
    const value = { path: s.path() };
    return request(OpCode.sync, 'sync', value, (output) => writeSyncRequest(output, value));
  },
  auth,
  truncated,
];

function request(
  op: number,
  name: string,
  value: object,
  write: ScriptedRequest['write'],
): ScriptedRequest {
  return { op, label: `${name} ${JSON.stringify(value)}`, write };
}

function createValue(script: ScriptWriter) {
  const flags = script.one([0, 0, 0, 1, 1, 2, 3, 0, 4, 5, 7, -1]);
  return { path: script.target(), data: script.data(), acl: script.acl(), flags };
}

function create(script: ScriptWriter): ScriptedRequest {
  const op = script.one([OpCode.create, OpCode.create2, OpCode.createContainer]);
  const value = createValue(script);
  if (op === OpCode.createContainer) value.flags = createModeFlags('container');
  return request(op, `create(${op})`, value, (output) => writeCreateRequest(output, value));
}

function createTtl(script: ScriptWriter): ScriptedRequest {
  const ttlMs = script.one([100_000, 0, -1, MAX_TTL_MS, 3_600_000]);
  const value = { ...createValue(script), flags: script.one([5, 6]), ttlMs };
  return request(OpCode.createTTL, 'createTTL', value, (output) =>
    writeCreateTtlRequest(output, value),
  );
}

function remove(script: ScriptWriter): ScriptedRequest {
  const value = { path: script.target(), version: script.version() };
  return request(OpCode.delete, 'delete', value, (output) => writeDeleteRequest(output, value));
}

function setData(script: ScriptWriter): ScriptedRequest {
  const value = { path: script.target(), data: script.data(), version: script.version() };
  return request(OpCode.setData, 'setData', value, (output) => writeSetDataRequest(output, value));
}

function setAcl(script: ScriptWriter): ScriptedRequest {
  const value = { path: script.ownPath(), acl: script.acl(), version: script.version() };
  return request(OpCode.setACL, 'setACL', value, (output) => writeSetAclRequest(output, value));
}

function getAcl(script: ScriptWriter): ScriptedRequest {
  const value = { path: script.path() };
  return request(OpCode.getACL, 'getACL', value, (output) => writeGetAclRequest(output, value));
}

function read(script: ScriptWriter): ScriptedRequest {
  const op = script.one(PATH_READS);
  const value = { path: script.path(), watch: script.watch() };
  return request(op, `read(${op})`, value, (output) => writePathWatchRequest(output, value));
}

function multi(script: ScriptWriter): ScriptedRequest {
  const value = { operations: Array.from({ length: script.count(5) }, () => multiPart(script)) };
  return request(OpCode.multi, 'multi', value, (output) => writeMultiRequest(output, value));
}

function multiPart(script: ScriptWriter): MultiRequestItem {
  const path = script.target();
  const version = script.version();
  switch (script.count(6)) {
    case 0:
      return multiCreate(script);
    case 1:
      // Without flags for a time to live, which ZooKeeper cannot decode in a multi's plain create.
      return {
        type: OpCode.create,
        request: { ...createValue(script), flags: script.one([0, 0, 1, 2, 3, 7]) },
      };
    case 2:
      return { type: OpCode.delete, request: { path, version } };
    case 3:
    case 4:
      return { type: OpCode.setData, request: { path, version, data: script.data() } };
    default:
      return { type: OpCode.check, request: { path, version } };
  }
}

/** A create of a newer kind. */
function multiCreate(script: ScriptWriter): MultiRequestItem {
  const type = script.one([OpCode.create2, OpCode.createContainer, OpCode.createTTL]);
  const value = createValue(script);
  if (type === OpCode.createTTL) {
    const ttlMs = script.one([100_000, 0, 3_600_000]);
    return { type, request: { ...value, flags: script.one([5, 6]), ttlMs } };
  }
  const flags = type === OpCode.create2 ? script.one([0, 1, 2, 3]) : createModeFlags('container');
  return { type, request: { ...value, flags } };
}

function multiRead(script: ScriptWriter): ScriptedRequest {
  const part = (): MultiRequestItem => ({
    type: script.one([OpCode.getData, OpCode.getChildren]),
    request: { path: script.path(), watch: false },
  });
  const value = { operations: Array.from({ length: script.count(4) }, part) };
  return request(OpCode.multiRead, 'multiRead', value, (output) =>
    writeMultiRequest(output, value),
  );
}

function addWatch(script: ScriptWriter): ScriptedRequest {
  const path = script.one(WATCHED_PATHS);
  // One mode per path, and no one-shot watches there: older servers keep only the last.
  const mode = path === '/w/p' ? AddWatchMode.persistent : AddWatchMode.persistentRecursive;
  const value = { path: script.below(path), mode };
  return request(OpCode.addWatch, 'addWatch', value, (output) =>
    writeAddWatchRequest(output, value),
  );
}

function removeWatches(script: ScriptWriter): ScriptedRequest {
  // Not checkWatches: ZooKeeper 3.8 says yes when anybody else watches the path.
  const op = OpCode.removeWatches;
  const type = script.one([WatcherType.children, WatcherType.data, WatcherType.any]);
  const value = { path: script.path(), type };
  return request(op, 'removeWatches', value, (output) => writeRemoveWatchesRequest(output, value));
}

function setWatches(script: ScriptWriter): ScriptedRequest {
  const watches = {
    dataWatches: [script.path()],
    existWatches: [script.path()],
    childWatches: [script.path()],
  };
  const persistent = {
    persistentWatches: script.watch() ? [script.below('/w/p')] : [],
    persistentRecursiveWatches: script.watch() ? [script.below('/w')] : [],
  };
  // Before all, after all, or somewhere within the script.
  const since = script.one([0n, 2n ** 62n, BigInt(script.count(2000))]);
  const zxid = (baseZxid: bigint) => (since === 0n || since >> 60n > 0n ? since : baseZxid + since);
  const label = { ...watches, ...persistent, since: String(since) };
  if (script.watch()) {
    return request(OpCode.setWatches, 'setWatches', label, (output, baseZxid = 0n) =>
      writeSetWatchesRequest(output, { ...watches, relativeZxid: zxid(baseZxid) }),
    );
  }
  return request(OpCode.setWatches2, 'setWatches2', label, (output, baseZxid = 0n) =>
    writeSetWatches2Request(output, { ...watches, ...persistent, relativeZxid: zxid(baseZxid) }),
  );
}

const QUOTAS = [
  'count=3,bytes=-1',
  'count=-1,bytes=20',
  'count=2,bytes=1000=;byteHardLimit=-1;countHardLimit=4',
  'count=-1,bytes=-1=;byteHardLimit=12;countHardLimit=-1',
  'count=1,bytes=1',
] as const;
const QUOTA_PATHS = ['/a', '/b', '/a/b', '/e', ''] as const;

/** Sets, changes, reads or takes away the quota of a node, as clients do it: with ordinary nodes. */
function quota(script: ScriptWriter): ScriptedRequest {
  const folder = `/zookeeper/quota${script.below(script.one(QUOTA_PATHS))}`;
  const path =
    folder + script.one(['', '/zookeeper_limits', '/zookeeper_limits', '/zookeeper_stats']);
  const text = path.endsWith('_stats') ? 'count=0,bytes=0' : script.one(QUOTAS);
  const data = Buffer.from(text);
  switch (script.count(7)) {
    case 0: {
      const value = { path, version: -1 };
      return request(OpCode.delete, 'delete', value, (out) => writeDeleteRequest(out, value));
    }
    case 1: {
      if (path.endsWith('_stats')) return quota(script);
      const value = { path, data, version: -1 };
      return request(OpCode.setData, 'setData', { path, text }, (out) =>
        writeSetDataRequest(out, value),
      );
    }
    case 2:
    case 3: {
      const value = { path, watch: script.watch() };
      return request(OpCode.getData, 'getData', value, (out) => writePathWatchRequest(out, value));
    }
    default: {
      const value = { path, data, acl: OPEN_ACL, flags: 0 };
      return request(OpCode.create2, 'create', { path, text }, (out) =>
        writeCreateRequest(out, value),
      );
    }
  }
}

function ephemerals(script: ScriptWriter): ScriptedRequest {
  const value = { prefixPath: script.one(['/', script.below('/a'), '', script.below('/q')]) };
  return request(OpCode.getEphemerals, 'getEphemerals', value, (output) =>
    writeGetEphemeralsRequest(output, value),
  );
}

function allChildren(script: ScriptWriter): ScriptedRequest {
  const value = { path: script.path() };
  return request(OpCode.getAllChildrenNumber, 'getAllChildrenNumber', value, (output) =>
    writeGetAllChildrenNumberRequest(output, value),
  );
}

function auth(script: ScriptWriter): ScriptedRequest {
  const credentials = script.one(['u:p', 'v:secret', 'nocolon', 'u:p']);
  const value = { type: 0, scheme: script.one(['digest', 'ip']), auth: Buffer.from(credentials) };
  return request(OpCode.auth, `auth ${credentials}`, value, (output) =>
    writeAuthPacket(output, value),
  );
}

/** A body that ends too soon. */
function truncated(script: ScriptWriter): ScriptedRequest {
  const op = script.one([OpCode.getData, OpCode.create, OpCode.setData, OpCode.multi]);
  return request(op, `truncated(${op})`, {}, (output) => output.int(1000));
}
