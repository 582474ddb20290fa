import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch } from '../../src/persistence/log-batch.ts';
import { entryBytes } from '../../src/persistence/log-format.ts';
import { isEntry, judgeTail, type LogTail } from '../../src/persistence/torn-tail.ts';
import { Dice } from '../support/dice.ts';

const SECTOR_BYTES = 512;

/** One write of several entries, none of them with a sector of zeros. */
function drawWrite(dice: Dice): Buffer {
  const batch = new LogBatch();
  for (let zxid = 1n; zxid <= 5n; zxid++) {
    const data = Buffer.alloc(dice.below(900), 'x');
    const header = { sessionId: 7n, cxid: 1, zxid, time: 1_767_225_600_000 };
    batch.add(header, { kind: 'setData', path: '/a', data, version: 1 }, null);
  }
  return Buffer.from(batch.finish());
}

/** Judges what stands behind the good entries of a write at this place of a file. */
function judge(write: Buffer, offset: number): LogTail {
  let at = 0;
  while (isEntry(write, at)) at += entryBytes(write.readInt32BE(at + 8));
  return judgeTail(write.subarray(at), offset + at);
}

test('a write of which any sectors are missing is torn, wherever it begins in a sector', () => {
  const dice = new Dice(1);
  for (let round = 0; round < 4 * SECTOR_BYTES; round++) {
    const offset = 4 * SECTOR_BYTES + (round % SECTOR_BYTES);
    const write = drawWrite(dice);
    const alone = dice.chance(50) ? 0 : null;
    for (let at = 0, sector = 0; at < write.length; sector++) {
      const end = Math.min(write.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES));
      // The first one alone, or any of them.
      if (alone === null ? dice.chance(40) : sector === alone) write.fill(0, at, end);
      at = end;
    }
    assert.notEqual(judge(write, offset), 'corrupt', `at ${offset}, round ${round}`);
  }
});

test('a flipped bit is damage, wherever the write begins in a sector', () => {
  const dice = new Dice(2);
  for (let round = 0; round < 4 * SECTOR_BYTES; round++) {
    const offset = 4 * SECTOR_BYTES + (round % SECTOR_BYTES);
    const write = drawWrite(dice);
    const at = dice.below(write.length);
    write.writeUInt8(write.readUInt8(at) ^ (1 << dice.below(8)), at);
    assert.equal(judge(write, offset), 'corrupt', `bit of byte ${at} at ${offset}`);
  }
});

test('any flipped bit of the very last entry is damage, one that makes it look shorter too', () => {
  for (const bytes of [0, 1, 30, 300]) {
    const batch = new LogBatch();
    const header = { sessionId: 7n, cxid: 1, zxid: 1n, time: 1_767_225_600_000 };
    const data = Buffer.alloc(bytes, 'x');
    batch.add(header, { kind: 'setData', path: '/a', data, version: 1 }, null);
    const entry = batch.finish();
    for (let bit = 0; bit < 8 * entry.length; bit++) {
      const flipped = Buffer.from(entry);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.equal(judge(flipped, 1024), 'corrupt', `bit ${bit} with ${bytes} bytes of data`);
    }
  }
});
