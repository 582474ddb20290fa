import assert from 'node:assert/strict';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ZooKeeperServerError } from '@mpim/zookeeper-server';
import type { DiskReader } from '../../src/persistence/disk.ts';
import { SystemDisk } from '../../src/persistence/system-disk.ts';
import { type Field, logAnatomy, snapshotAnatomy } from '../support/file-anatomy.ts';
import { type Opened, SampleDirectory } from '../support/sample-directory.ts';

/** The first bit of a field, one within, and the last. */
function flipped(file: Buffer, { at, bytes }: Field): Buffer[] {
  const bits = new Set([0, (bytes >> 1) * 8 + 3, bytes * 8 - 1]);
  return [...bits].map((bit) => {
    const copy = Buffer.from(file);
    const byte = at + (bit >> 3);
    copy.writeUInt8(copy.readUInt8(byte) ^ (0x80 >> (bit & 7)), byte);
    return copy;
  });
}

const TORN = 'the log ends in a write that a crash cut short; it is left out';
const PASSED_OVER = 'this snapshot is incomplete or damaged; trying an older one';

async function contentsOf(directory: SampleDirectory): Promise<Record<string, string>> {
  const names = await readdir(directory.path);
  const read = async (name: string) => (await readFile(join(directory.path, name))).toString('hex');
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));
}

function assertWhole(opened: Opened, whole: Opened, what: string): void {
  assert.equal(opened.tree.lastZxid, whole.tree.lastZxid, what);
  assert.equal(opened.tree.digest?.value, whole.tree.digest?.value, what);
  assert.deepEqual(opened.sessions, whole.sessions, what);
}

describe('a log with a bit turned over', () => {
  let sample: SampleDirectory;
  let whole: Opened;
  let path: string;
  let file: Buffer;
  before(async () => {
    sample = await SampleDirectory.make({ requests: 60 });
    whole = await sample.open();
    path = (await sample.files('log.'))[0] ?? '';
    file = await readFile(path);
    // As a killed server leaves it.
    file = Buffer.concat([file, Buffer.alloc(4096)]);
  });
  after(() => sample[Symbol.asyncDispose]());

  async function assertRefused(damaged: Buffer, offset: number, what: string): Promise<void> {
    await writeFile(path, damaged);
    const contents = await contentsOf(sample);
    await assert.rejects(sample.open(), (error) => {
      assert.ok(error instanceof ZooKeeperServerError, what);
      const { code, message } = error;
      assert.deepEqual(
        { code, path: error.path, offset: error.offset },
        { code: 'DATA_CORRUPT', path, offset },
        what,
      );
      assert.ok(message.includes(`${path} `) && message.includes(`at offset ${offset}`), message);
      return true;
    });
    assert.deepEqual(await contentsOf(sample), contents, `${what}: nothing may change`);
  }

  async function assertHarmless(
    damaged: Buffer,
    complaints: string[],
    what: string,
  ): Promise<void> {
    await writeFile(path, damaged);
    const opened = await sample.open();
    assertWhole(opened, whole, what);
    assert.deepEqual(
      opened.logger.complaints.map(({ message }) => message),
      complaints,
      what,
    );
  }

  test('in the header is refused, but for the database id, which says nothing', async () => {
    for (const field of logAnatomy(file).header) {
      for (const damaged of flipped(file, field)) {
        if (field.name === 'database id') await assertHarmless(damaged, [], field.name);
        else await assertRefused(damaged, 0, field.name);
      }
    }
  });

  test('in any field of an entry is refused, be it the last entry or one in between', async () => {
    const { entries } = logAnatomy(file);
    for (const [where, entry] of [
      ['first', entries[0]],
      ['middle', entries[entries.length >> 1]],
      ['last', entries.at(-1)],
    ] as const) {
      assert.equal(entry?.length, 12);
      for (const field of entry) {
        const what = `${field.name} of the ${where} entry`;
        for (const damaged of flipped(file, field)) {
          await assertRefused(damaged, field.entryAt ?? 0, what);
        }
      }
    }
  });

  test('in the zeros behind the entries loses nothing, is reported and cut off', async () => {
    const { end } = logAnatomy(file);
    for (const behind of [0, 4, 7, 8, 11, 12, 40, 511, 4095]) {
      for (const damaged of flipped(file, { name: 'zeros', at: end + behind, bytes: 1 })) {
        await assertHarmless(damaged, [TORN], `${behind} bytes behind the end`);
        assert.equal((await readFile(path)).length, end);
        assert.deepEqual((await sample.open()).logger.complaints, []);
      }
    }
  });
});

describe('a snapshot', () => {
  let sample: SampleDirectory;
  let whole: Opened;
  let path: string;
  let file: Buffer;
  before(async () => {
    sample = await SampleDirectory.make({ requests: 300, snapCount: 60 });
    whole = await sample.open();
    path = (await sample.files('snapshot.')).at(-1) ?? '';
    file = await readFile(path);
  });
  after(() => sample[Symbol.asyncDispose]());

  /** An older one is taken, with its logs. */
  async function assertPassedOver(what: string): Promise<void> {
    const opened = await sample.open();
    assertWhole(opened, whole, what);
    const [complaint, ...more] = opened.logger.complaints;
    assert.deepEqual([complaint?.message, more], [PASSED_OVER, []], what);
    assert.deepEqual({ path, ...complaint?.facts }, complaint?.facts, what);
  }

  test('with a bit of any field turned over is passed over, and nothing is lost', async () => {
    const fields = snapshotAnatomy(file);
    assert.equal(fields.length, 34, fields.map(({ name }) => name).join());
    for (const field of fields) {
      for (const damaged of flipped(file, field)) {
        await writeFile(path, damaged);
        await assertPassedOver(field.name);
      }
    }
    await writeFile(path, file);
    assertWhole(await sample.open(), whole, 'mended');
  });

  test('cut at the beginning of any field is passed over, too', async () => {
    for (const field of snapshotAnatomy(file)) {
      // Apache ZooKeeper's oldest snapshots end there.
      if (field.name === 'digest’s zxid') continue;
      await writeFile(path, file);
      await truncate(path, field.at);
      await assertPassedOver(`cut before ${field.name}`);
    }
  });

  test('that is the only one is refused when it is damaged, and nothing is changed', async () => {
    await using copy = await sample.copy();
    const snapshots = await copy.files('snapshot.');
    const last = snapshots.pop() ?? '';
    for (const older of snapshots) await rm(older);
    for (const name of ['magic', 'data', 'checksum', 'digest', 'last end']) {
      const field = snapshotAnatomy(file).find((each) => each.name === name);
      assert.ok(field);
      await writeFile(last, flipped(file, field)[1] ?? file);
      const contents = await contentsOf(copy);
      await assert.rejects(copy.open(), { code: 'DATA_CORRUPT', path: copy.path }, name);
      assert.deepEqual(await contentsOf(copy), contents);
    }
  });
});

/** A disk of which the n-th read fails. */
class UnreadableDisk extends SystemDisk {
  #left: number;

  constructor(reads: number) {
    super();
    this.#left = reads;
  }

  get wasReached(): boolean {
    return this.#left < 0;
  }

  override async open(path: string): Promise<DiskReader> {
    this.#count();
    const reader = await super.open(path);
    return {
      size: reader.size,
      read: async (...at) => {
        this.#count();
        return await reader.read(...at);
      },
      close: () => reader.close(),
    };
  }

  #count(): void {
    if (this.#left-- === 0) throw Object.assign(new Error('injected EIO'), { code: 'EIO' });
  }
}

test('a read that fails is no damage: whichever it is, the start fails, and nothing is changed or passed over', async () => {
  await using sample = await SampleDirectory.make({ requests: 150, snapCount: 60 });
  // A torn end, which must stay until it could be read.
  const last = (await sample.files('log.')).at(-1) ?? '';
  await writeFile(last, Buffer.concat([await readFile(last), Buffer.from('0123456789')]));
  const contents = await contentsOf(sample);
  let reads = 0;
  for (; ; reads++) {
    const disk = new UnreadableDisk(reads);
    const opened = sample.open(disk);
    if (!disk.wasReached) {
      const isDone = await opened.then(
        () => true,
        () => false,
      );
      if (isDone) break;
    }
    await assert.rejects(opened, { code: 'EIO' }, `read ${reads}`);
    assert.deepEqual(await contentsOf(sample), contents);
  }
  assert.ok(reads >= 6, `only ${reads} reads`);
});
