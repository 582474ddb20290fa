import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, ClockTimer, Instance } from '@mpim/mprpc';
import { parseAddress } from '../address.ts';
import { checkRecord } from '../instance-record.ts';
import type { GovernanceLogger } from '../log.ts';
import { isMethodName, isServiceName } from '../tree.ts';

/** The addresses that a process knew last. */
export interface Snapshot {
  /** By service. */
  readonly services: ReadonlyMap<string, readonly Instance[]>;
  /** Addresses of the seed's layout, by path `/<Service>/<Method>`. */
  readonly seed: ReadonlyMap<string, string>;
}

const FORMAT = 1;
const WRITE_AFTER_MS = 200;
const EMPTY: Snapshot = { services: new Map(), seed: new Map() };

/**
 * The last known addresses on disk, so that a process that starts while ZooKeeper is away can make calls.
 * One file per process. It is written a moment after a change, next to itself and then renamed: a reader sees the
 * old content or the new one. What it says is checked like any record, since anybody could have edited it.
 */
export class SnapshotFile {
  readonly #path: string;
  readonly #collect: () => Snapshot;
  readonly #clock: Clock;
  readonly #logger: GovernanceLogger;
  #timer: ClockTimer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, collect: () => Snapshot, clock: Clock, logger: GovernanceLogger) {
    this.#path = path;
    this.#collect = collect;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** What stands in the file; nothing when there is none or it is damaged. */
  read(): Snapshot {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      const none = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!none) this.#complain(error, 'the last known addresses could not be read');
      return EMPTY;
    }
    try {
      return parseSnapshot(text);
    } catch (error) {
      this.#complain(error, 'the file of last known addresses is damaged and is not used');
      return EMPTY;
    }
  }

  /** Something changed: write soon. */
  schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => void this.flush(), WRITE_AFTER_MS);
    this.#timer.unref();
  }

  /** Writes what is scheduled and waits for it. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) {
      this.#timer.cancel();
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    }
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { services, seed } = this.#collect();
    const text = JSON.stringify({
      format: FORMAT,
      writtenAt: new Date(this.#clock.now()).toISOString(),
      services: Object.fromEntries(services),
      seed: Object.fromEntries(seed),
    });
    const draft = `${this.#path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(draft, text, { mode: 0o600, flush: true });
      await rename(draft, this.#path);
    } catch (error) {
      this.#complain(error, 'the last known addresses could not be written');
      await rm(draft, { force: true }).catch(() => {});
    }
  }

  #complain(error: unknown, message: string): void {
    this.#logger.warn({ err: error, path: this.#path }, message);
  }
}

/** Reads the text of a snapshot file. Throws when any part of it is not as it is written. */
export function parseSnapshot(text: string): Snapshot {
  const document: unknown = JSON.parse(text);
  if (!isObject(document) || document.format !== FORMAT) {
    throw new Error(`the file is not of format ${FORMAT}`);
  }
  const { services, seed } = document;
  if (!isObject(services) || !isObject(seed)) throw new Error('services or seed are missing');
  return {
    services: new Map(Object.entries(services).map(([name, list]) => [name, records(name, list)])),
    seed: new Map(Object.entries(seed).map(([path, value]) => [path, seedAddress(path, value)])),
  };
}

function records(service: string, list: unknown): readonly Instance[] {
  if (!Array.isArray(list)) throw new Error(`${service} has no list of instances`);
  const instances = list.map(checkRecord);
  if (instances.every((instance) => instance.service === service)) return instances;
  throw new Error(`${service} lists instances of another service`);
}

function seedAddress(path: string, value: unknown): string {
  const [root, service = '', method = '', ...rest] = path.split('/');
  const wellFormed =
    root === '' && rest.length === 0 && isServiceName(service) && isMethodName(method);
  if (wellFormed && typeof value === 'string' && parseAddress(value) !== undefined) return value;
  throw new Error(`${path} does not hold ip:port`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
