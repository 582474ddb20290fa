import {
  type Acl,
  type CreateRequest,
  createModeFlags,
  type MultiRequestItem,
  OPEN_ACL,
  OpCode,
  READ_ONLY_ACL,
} from '@mpim/zookeeper/protocol';
import { systemClock } from '@mpim/zookeeper-server';
import { SUPER_IDENTITY } from '../../src/acl/identity.ts';
import { prepareCloseSession } from '../../src/prepare/prepare-close-session.ts';
import { prepareCreate } from '../../src/prepare/prepare-create.ts';
import { prepareDelete } from '../../src/prepare/prepare-delete.ts';
import { prepareMulti } from '../../src/prepare/prepare-multi.ts';
import { prepareSetAcl } from '../../src/prepare/prepare-set-acl.ts';
import { prepareSetData } from '../../src/prepare/prepare-set-data.ts';
import { RequestError } from '../../src/request-error.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import type { CreateOpCode, Txn, TxnHeader } from '../../src/txn/txn.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import type { Dice } from './dice.ts';
import { TxnRecord } from './txn-record.ts';

const LEVELS = 3;
const NAMES = 6;
const SESSIONS = 3;

const MODES = [
  'persistent',
  'persistent',
  'ephemeral',
  'ephemeral-sequential',
  'persistent-sequential',
  'container',
  'persistent-ttl',
] as const;
const CREATE_OPS: { [mode in (typeof MODES)[number]]?: CreateOpCode } = {
  container: OpCode.createContainer,
  'persistent-ttl': OpCode.createTTL,
};

const ACLS: readonly [readonly Acl[], ...(readonly Acl[])[]] = [
  OPEN_ACL,
  OPEN_ACL,
  READ_ONLY_ACL,
  [{ permissions: 31, scheme: 'digest', id: 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=' }],
  [{ permissions: 1, scheme: 'ip', id: '10.0.0.0/8' }],
];

function newAcl(user: number): readonly Acl[] {
  return [{ permissions: 31, scheme: 'digest', id: `user-${user}:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=` }];
}

/** A tree that is changed at random: few names, so that nodes come and go and come back. */
export class ChangingTree {
  readonly tree = new DataTree(new WatchManager(), 0n, { digest: true });
  /** All changes. */
  readonly log = new TxnRecord();
  /** Sessions alive, with their timeouts in ms. */
  readonly sessions = new Map<bigint, number>();
  /** Hears of each change after it was made. */
  onChange: (header: TxnHeader, txn: Txn) => void = () => {};
  readonly #dice: Dice;
  readonly #maxDataBytes: number;
  #lastSessionId = 0n;

  /** `maxDataBytes`: the longest data of a node. */
  constructor(dice: Dice, maxDataBytes = 15_000) {
    this.#dice = dice;
    this.#maxDataBytes = maxDataBytes;
  }

  /** Makes so many changes; some are refusals. */
  change(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.sessions.size < SESSIONS) {
        this.#openSession();
        continue;
      }
      const ids = [...this.sessions.keys()];
      const sessionId = ids[this.#dice.below(ids.length)] ?? 0n;
      this.#submit(this.#decide(sessionId), sessionId);
    }
  }

  #openSession(): void {
    const id = ++this.#lastSessionId;
    const timeoutMs = 4000 + this.#dice.below(40_000);
    this.sessions.set(id, timeoutMs);
    this.#submit({ kind: 'createSession', timeoutMs }, id);
  }

  #submit(txn: Txn, sessionId: bigint): void {
    const zxid = this.tree.lastZxid + 1n;
    const header: TxnHeader = { sessionId, cxid: 0, zxid, time: systemClock.now() + Number(zxid) };
    this.tree.apply(header, txn);
    this.log.add(header, txn, this.tree.digest);
    this.onChange(header, txn);
  }

  #decide(sessionId: bigint): Txn {
    try {
      return this.#next(sessionId);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { kind: 'error', code: error.code };
    }
  }

  #next(sessionId: bigint): Txn {
    const { tree } = this;
    const context = { tree, sessionId, identities: [SUPER_IDENTITY], extendedTypes: true };
    const dice = this.#dice;
    const path = this.#path();
    const data = this.#data();
    const mode = dice.one(MODES);
    const op = CREATE_OPS[mode] ?? OpCode.create2;
    const acl = dice.chance(10) ? newAcl(dice.below(1000)) : dice.one(ACLS);
    const create = { path, data, acl, flags: createModeFlags(mode), ttlMs: 3_600_000 };
    switch (dice.below(12)) {
      case 0:
        this.sessions.delete(sessionId);
        return prepareCloseSession(tree.index, sessionId);
      case 1:
        return prepareSetAcl(context, { path, acl, version: -1 });
      case 2:
      case 3:
        return prepareSetData(context, { path, data, version: -1 });
      case 4:
        return prepareMulti(context, { operations: this.#removeAndMakeAgain(create) });
      case 5:
      case 6:
        return prepareDelete(context, { path, version: -1 });
      case 7:
        return prepareCreate(context, OpCode.create, { ...create, flags: 0 });
      default:
        return prepareCreate(context, op, create);
    }
  }

  /** What stands in the way goes first, children before parents; some of it comes back at once. */
  #removeAndMakeAgain({ path, data, acl }: CreateRequest): MultiRequestItem[] {
    const operations: MultiRequestItem[] = [];
    const remove = (at: string): void => {
      for (const name of this.tree.get(at)?.children ?? []) remove(`${at}/${name}`);
      operations.push({ type: OpCode.delete, request: { path: at, version: -1 } });
    };
    remove(path);
    operations.push({ type: OpCode.create2, request: { path, data, acl, flags: 0 } });
    if (this.#dice.chance(50)) {
      const request = { path: `${path}/0`, data: this.#data(), acl, flags: 0 };
      operations.push({ type: OpCode.create2, request });
      operations.push({ type: OpCode.setData, request: { path, data: null, version: 0 } });
    }
    return operations;
  }

  #data(): Buffer | null {
    const dice = this.#dice;
    return dice.chance(5) ? null : Buffer.alloc(dice.below(this.#maxDataBytes), dice.below(256));
  }

  #path(): string {
    const levels = 1 + this.#dice.below(LEVELS);
    return Array.from({ length: levels }, () => `/${this.#dice.below(NAMES)}`).join('');
  }
}
