import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Latencies } from '../latencies.ts';
import type { LoadResult } from './load-request.ts';

/** Of an entry in the log of a server for a create with this benchmark's data. */
const ENTRY_BYTES = 250;
const FILE_BYTES = 16 << 20;
const MEGABYTE = Buffer.alloc(1 << 20);

/**
 * The disk without a server: entries are written one after the other, each when the one before is safe, into a file
 * whose room was set aside. No server that waits for the disk can be faster with one request in flight.
 */
export class BareDisk implements Disposable {
  readonly #fd: number;
  readonly #entry = Buffer.alloc(ENTRY_BYTES, 'x');
  readonly #latencies = new Latencies();
  #at = 0;

  /** `folder` lies on the disk that the servers use. */
  constructor(folder: string) {
    const { O_CREAT, O_TRUNC, O_WRONLY, O_DSYNC } = constants;
    this.#fd = openSync(join(folder, 'bare-disk'), O_CREAT | O_TRUNC | O_WRONLY | (O_DSYNC ?? 0));
    for (let at = 0; at < FILE_BYTES; at += MEGABYTE.length) {
      writeSync(this.#fd, MEGABYTE, 0, MEGABYTE.length, at);
    }
  }

  /** Writes for so long. Nothing else happens in this process meanwhile. */
  round(ms: number): LoadResult {
    this.#latencies.clear();
    const cpu = process.cpuUsage();
    const start = performance.now();
    let calls = 0;
    let before = start;
    while (before - start < ms) {
      if (this.#at + ENTRY_BYTES > FILE_BYTES) this.#at = 0;
      writeSync(this.#fd, this.#entry, 0, ENTRY_BYTES, this.#at);
      this.#at += ENTRY_BYTES;
      const now = performance.now();
      this.#latencies.add(now - before);
      before = now;
      calls++;
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      calls,
      elapsedMs: before - start,
      cpuUs: user + system,
      ...this.#latencies.quantiles(),
    };
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
