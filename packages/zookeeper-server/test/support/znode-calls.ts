import { type Outcome, type ZnodeChange, type ZnodeOp, znodeResult } from '@mpim/testkit';
import { type MultiOperation, type ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import type { Dice } from './dice.ts';

/** The nodes that {@link drawZnodeOp} is about. */
export const REGISTERS = ['/r0', '/r1', '/r2', '/r3'] as const;
/** The parent of its sequential nodes, which must be there. */
export const SEQUENCE = '/q';

/** What a read has shown: null for a node that is not there. */
export type Seen = (path: string, stat: SeenStat | null) => void;

/** What of a Stat tells one state of a node from another. */
export interface SeenStat {
  readonly mzxid: bigint;
  readonly version: number;
}

/** Draws what a client might do; `data` must come once only. */
export function drawZnodeOp(dice: Dice, data: string): ZnodeOp {
  const path = dice.one(REGISTERS);
  switch (dice.below(12)) {
    case 0:
    case 1:
      return { kind: 'get', path };
    case 2:
      return { kind: 'exists', path };
    case 3:
    case 4: {
      const part = (_: unknown, i: number) =>
        drawZnodeChange(dice, `${data}.${i}`, dice.one(REGISTERS));
      return { kind: 'multi', parts: Array.from({ length: 1 + dice.below(3) }, part) };
    }
    case 5:
      return { kind: 'create-sequential', parent: SEQUENCE };
    case 6:
      return { kind: 'count-sequential', parent: SEQUENCE };
    default: {
      const change = drawZnodeChange(dice, data, path);
      return change.kind === 'check' ? { kind: 'get', path } : change;
    }
  }
}

/** Draws a change of a node, or a check. */
export function drawZnodeChange(dice: Dice, data: string, path: string): ZnodeChange {
  const version = dice.one([-1, -1, -1, 0, 1, 2, 3]);
  switch (dice.below(8)) {
    case 0:
    case 1:
      return { kind: 'create', path, data };
    case 2:
      return { kind: 'delete', path, version };
    case 3:
      return { kind: 'check', path, version };
    default:
      return { kind: 'set', path, data, version };
  }
}

/** Makes a call of the model with a real client; reads come behind a sync if so wished. */
export async function callZnode(
  zk: ZooKeeperClient,
  op: ZnodeOp,
  { sync, seen = () => {} }: { sync: boolean; seen?: Seen },
): Promise<Outcome> {
  try {
    return { result: await perform(zk, op, sync, seen) };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** What a failed call has come to. Throws what is no answer of a server. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ZooKeeperError)) throw error;
  switch (error.code) {
    case 'NO_NODE':
    case 'NODE_EXISTS':
    case 'BAD_VERSION':
      return { result: znodeResult.error(error.code, error.failedIndex) };
    default:
      return error.sent ? 'lost' : 'not applied';
  }
}

async function perform(
  zk: ZooKeeperClient,
  op: ZnodeOp,
  sync: boolean,
  seen: Seen,
): Promise<string> {
  switch (op.kind) {
    case 'create':
      await zk.create(op.path, op.data);
      return znodeResult.done;
    case 'delete':
      await zk.delete(op.path, { version: op.version });
      return znodeResult.done;
    case 'set':
      return znodeResult.version((await zk.set(op.path, op.data, { version: op.version })).version);
    case 'get': {
      if (sync) await zk.sync(op.path);
      const { data, stat } = await observed(op.path, seen, () => zk.get(op.path));
      return znodeResult.get(data?.toString() ?? '', stat.version);
    }
    case 'exists': {
      if (sync) await zk.sync(op.path);
      const stat = await zk.exists(op.path);
      seen(op.path, stat);
      return stat === null ? znodeResult.absent : znodeResult.version(stat.version);
    }
    case 'create-sequential': {
      const mode = 'persistent-sequential';
      const { path } = await zk.create(`${op.parent}/n-`, null, { mode });
      return znodeResult.number(Number(path.slice(-10)));
    }
    case 'count-sequential': {
      if (sync) await zk.sync(op.parent);
      return znodeResult.number((await zk.children(op.parent)).children.length);
    }
    case 'check':
      await zk.multi([{ type: 'check', path: op.path, version: op.version }]);
      return znodeResult.done;
    case 'multi':
      await zk.multi(op.parts.map(asMultiOperation));
      return znodeResult.done;
  }
}

/** Passes on what a read of the node has shown, its absence too. */
export async function observed<T extends { readonly stat: SeenStat }>(
  path: string,
  seen: Seen,
  read: () => Promise<T>,
): Promise<T> {
  try {
    const found = await read();
    seen(path, found.stat);
    return found;
  } catch (error) {
    if (error instanceof ZooKeeperError && error.code === 'NO_NODE') seen(path, null);
    throw error;
  }
}

function asMultiOperation(part: ZnodeChange): MultiOperation {
  const { path } = part;
  switch (part.kind) {
    case 'create':
      return { type: 'create', path, data: part.data };
    case 'set':
      return { type: 'set', path, data: part.data, version: part.version };
    default:
      return { type: part.kind, path, version: part.version };
  }
}
