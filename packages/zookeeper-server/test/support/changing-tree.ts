import {
  type Acl,
  createModeFlags,
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
import type { Txn, TxnHeader } from '../../src/txn/txn.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import type { Dice } from './operations.ts';
import { TxnRecord } from './txn-record.ts';

const LEVELS = 3;
const NAMES = 6;

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
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Tries so many changes; some come to nothing. */
  change(count: number): void {
    for (let i = 0; i < count; i++) {
      const sessionId = BigInt(1 + this.#dice.below(3));
      try {
        this.#apply(this.#next(sessionId), sessionId);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
      }
    }
  }

  #apply(txn: Txn, sessionId: bigint): void {
    const zxid = this.tree.lastZxid + 1n;
    const header: TxnHeader = { sessionId, cxid: 0, zxid, time: systemClock.now() + Number(zxid) };
    this.tree.apply(header, txn);
    this.log.add(header, txn);
  }

  #next(sessionId: bigint): Txn {
    const { tree } = this;
    const context = { tree, sessionId, identities: [SUPER_IDENTITY], extendedTypes: true };
    const dice = this.#dice;
    const path = this.#path();
    const data = dice.chance(5) ? null : Buffer.alloc(dice.below(15_000), dice.below(256));
    const flags = createModeFlags(
      dice.one(['persistent', 'persistent', 'ephemeral', 'persistent-sequential', 'container']),
    );
    const op = flags === createModeFlags('container') ? OpCode.createContainer : OpCode.create2;
    const acl = dice.chance(10) ? newAcl(dice.below(1000)) : dice.one(ACLS);
    const create = { path, data, acl, flags };
    switch (dice.below(11)) {
      case 0:
        return prepareCloseSession(tree.index, sessionId);
      case 1:
        return prepareSetAcl(context, { path, acl, version: -1 });
      case 2:
      case 3:
        return prepareSetData(context, { path, data, version: -1 });
      case 4: {
        const again = { type: OpCode.create2, request: { ...create, flags: 0 } } as const;
        const remove = { type: OpCode.delete, request: { path, version: -1 } } as const;
        return prepareMulti(context, { operations: [remove, again] });
      }
      case 5:
      case 6:
        return prepareDelete(context, { path, version: -1 });
      default:
        return prepareCreate(context, op, create);
    }
  }

  #path(): string {
    const levels = 1 + this.#dice.below(LEVELS);
    return Array.from({ length: levels }, () => `/${this.#dice.below(NAMES)}`).join('');
  }
}
