import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as protocol from '../../../src/protocol/index.ts';
import { JuteReader, JuteWriter, OpCode, ProtocolError } from '../../../src/protocol/index.ts';

const int = fc.integer();
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const time = fc.maxSafeInteger();
const text = fc.string({ unit: 'binary', maxLength: 30 });
const bytes = fc.option(fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value)));
const texts = fc.array(text, { maxLength: 5 });

const stat: fc.Arbitrary<protocol.Stat> = fc.record({
  czxid: long,
  mzxid: long,
  ctime: time,
  mtime: time,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  dataLength: int,
  numChildren: int,
  pzxid: long,
});
const acl = fc.record({ permissions: int, scheme: text, id: text });
const acls = fc.array(acl, { maxLength: 3 });
const create = fc.record({ path: text, data: bytes, acl: acls, flags: int });
const createTtl = fc.record({ path: text, data: bytes, acl: acls, flags: int, ttlMs: time });
const pathVersion = fc.record({ path: text, version: int });
const setData = fc.record({ path: text, data: bytes, version: int });
const pathWatch = fc.record({ path: text, watch: fc.boolean() });
const children = fc.record({ children: texts });
const setWatches = {
  relativeZxid: long,
  dataWatches: texts,
  existWatches: texts,
  childWatches: texts,
};

function item<T extends number, R>(types: readonly T[], key: 'request' | 'response', body: R) {
  return fc.record({ type: fc.constantFrom(...types), [key]: body } as never);
}

const multiRequestItem = fc.oneof(
  item([OpCode.create, OpCode.create2, OpCode.createContainer], 'request', create),
  item([OpCode.createTTL], 'request', createTtl),
  item([OpCode.delete, OpCode.check], 'request', pathVersion),
  item([OpCode.setData], 'request', setData),
  item([OpCode.getData, OpCode.getChildren], 'request', pathWatch),
);
const multiResponseItem = fc.oneof(
  item([OpCode.error], 'response', fc.record({ error: int })),
  item([OpCode.create], 'response', fc.record({ path: text })),
  item([OpCode.create2], 'response', fc.record({ path: text, stat })),
  fc.record({ type: fc.constantFrom(OpCode.delete, OpCode.check) }),
  item([OpCode.setData], 'response', fc.record({ stat })),
  item([OpCode.getData], 'response', fc.record({ data: bytes, stat })),
  item([OpCode.getChildren], 'response', children),
);

/** A value for every record of the protocol; the test below fails when one is missing. */
const records: Record<string, fc.Arbitrary<unknown>> = {
  Acl: acl,
  AddWatchRequest: fc.record({ path: text, mode: int }),
  AuthPacket: fc.record({ type: int, scheme: text, auth: bytes }),
  CheckVersionRequest: pathVersion,
  ClientInfo: fc.record({ scheme: text, user: text }),
  ConnectRequest: fc.record({
    protocolVersion: int,
    lastZxidSeen: long,
    timeoutMs: int,
    sessionId: long,
    password: bytes,
    readOnly: fc.option(fc.boolean()),
  }),
  ConnectResponse: fc.record({
    protocolVersion: int,
    timeoutMs: int,
    sessionId: long,
    password: bytes,
    readOnly: fc.option(fc.boolean()),
  }),
  Create2Response: fc.record({ path: text, stat }),
  CreateRequest: create,
  CreateResponse: fc.record({ path: text }),
  CreateTtlRequest: createTtl,
  DeleteRequest: pathVersion,
  ErrorResponse: fc.record({ error: int }),
  GetAclRequest: fc.record({ path: text }),
  GetAclResponse: fc.record({ acl: acls, stat }),
  GetAllChildrenNumberRequest: fc.record({ path: text }),
  GetAllChildrenNumberResponse: fc.record({ totalNumber: int }),
  GetChildren2Response: fc.record({ children: texts, stat }),
  GetChildrenResponse: children,
  GetDataResponse: fc.record({ data: bytes, stat }),
  GetEphemeralsRequest: fc.record({ prefixPath: fc.option(text) }),
  GetEphemeralsResponse: fc.record({ ephemerals: texts }),
  MultiHeader: fc.record({ type: int, done: fc.boolean(), error: int }),
  MultiRequest: fc.record({ operations: fc.array(multiRequestItem, { maxLength: 6 }) }),
  MultiResponse: fc.record({ results: fc.array(multiResponseItem, { maxLength: 6 }) }),
  PathWatchRequest: pathWatch,
  ReconfigRequest: fc.record({
    joiningServers: fc.option(text),
    leavingServers: fc.option(text),
    newMembers: fc.option(text),
    configId: long,
  }),
  RemoveWatchesRequest: fc.record({ path: text, type: int }),
  ReplyHeader: fc.record({ xid: int, zxid: long, error: int }),
  RequestHeader: fc.record({ xid: int, type: int }),
  SaslToken: fc.record({ token: bytes }),
  SetAclRequest: fc.record({ path: text, acl: acls, version: int }),
  SetDataRequest: setData,
  SetWatches2Request: fc.record({
    ...setWatches,
    persistentWatches: texts,
    persistentRecursiveWatches: texts,
  }),
  SetWatchesRequest: fc.record(setWatches),
  Stat: stat,
  StatResponse: fc.record({ stat }),
  SyncRequest: fc.record({ path: text }),
  SyncResponse: fc.record({ path: text }),
  WatcherEvent: fc.record({ type: int, state: int, path: text }),
  WhoAmIResponse: fc.record({
    identities: fc.array(fc.record({ scheme: text, user: text }), { maxLength: 3 }),
  }),
};

type Read = (input: JuteReader) => unknown;
type Write = (output: JuteWriter, value: unknown) => void;
const exported = new Map<string, unknown>(Object.entries(protocol));

describe('records', () => {
  it('are all tested', () => {
    const names = [...exported.keys()].filter((name) => name.startsWith('read'));
    assert.deepEqual(
      names.map((name) => name.slice('read'.length)).sort(),
      Object.keys(records).sort(),
    );
  });

  for (const [name, arbitrary] of Object.entries(records)) {
    const read = exported.get(`read${name}`) as Read;
    const write = exported.get(`write${name}`) as Write;

    it(`${name} survives the round trip, and a cut anywhere is noticed`, () => {
      fc.assert(
        fc.property(arbitrary, (value) => {
          const output = new JuteWriter();
          write(output, value);
          const bytes = output.take();
          const input = new JuteReader(bytes);
          assert.deepEqual(plain(read(input)), plain(value));
          assert.equal(input.remaining, 0);
          // The readOnly byte of the handshake is optional, so losing it is no error.
          const optional = name.startsWith('Connect') ? 1 : 0;
          for (let length = 0; length < bytes.length - optional; length++) {
            assert.throws(() => read(new JuteReader(bytes.subarray(0, length))), ProtocolError);
          }
        }),
        { numRuns: 20 },
      );
    });
  }

  it('with any four bytes replaced by a hostile length read as something, or are refused', () => {
    const lengths = fc.oneof(
      fc.constantFrom(-1, -2, -(2 ** 31), 2 ** 31 - 1, 2 ** 24),
      fc.integer(),
    );
    for (const [name, arbitrary] of Object.entries(records)) {
      const read = exported.get(`read${name}`) as Read;
      const write = exported.get(`write${name}`) as Write;
      fc.assert(
        fc.property(arbitrary, lengths, fc.nat(), (value, length, seed) => {
          const output = new JuteWriter();
          write(output, value);
          const bytes = output.take();
          if (bytes.length < 4) return;
          bytes.writeInt32BE(length, seed % (bytes.length - 3));
          try {
            // What is read was there: nothing is made in the size that the input claims.
            assert.ok(sizeOf(read(new JuteReader(bytes))) <= bytes.length);
          } catch (error) {
            assert.ok(error instanceof ProtocolError, String(error));
          }
        }),
        { numRuns: 50 },
      );
    }
  });

  it('write what ZooKeeper 3.8 expects, byte for byte', () => {
    const output = new JuteWriter();
    protocol.writeConnectRequest(output, {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeoutMs: 30_000,
      sessionId: 0n,
      password: Buffer.alloc(16),
      readOnly: false,
    });
    assert.equal(output.length, 45);
    const request = output.take().toString('hex');
    assert.equal(request, `${'00'.repeat(12)}00007530${'00'.repeat(8)}00000010${'00'.repeat(17)}`);
    protocol.writeMultiRequest(output, {
      operations: [{ type: OpCode.delete, request: { path: '/a', version: 1 } }],
    });
    assert.equal(
      output.take().toString('hex'),
      '0000000200ffffffff000000022f6100000001ffffffff01ffffffff',
    );
  });
});

/** Bytes of text and data, and one for each item of a list. */
function sizeOf(value: unknown): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? value.length : 0;
  return Object.values(value).reduce((sum: number, each) => sum + sizeOf(each), own);
}

/** Buffers compare by content whatever memory they are views of. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `bytes:${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
