import type { SequentialModel } from './linearizability.ts';

/** A call that changes one node, or asks for its version; -1 is any version. */
export type ZnodeChange =
  | { readonly kind: 'create'; readonly path: string; readonly data: string }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number }
  | {
      readonly kind: 'set';
      readonly path: string;
      readonly data: string;
      readonly version: number;
    }
  | { readonly kind: 'check'; readonly path: string; readonly version: number };

/** A call on persistent nodes whose parents are there. Reads count as made after a sync. */
export type ZnodeOp =
  | ZnodeChange
  | { readonly kind: 'get' | 'exists'; readonly path: string }
  /** A sequential child of a node that has only such ones, none of which is ever deleted. */
  | { readonly kind: 'create-sequential'; readonly parent: string }
  /** How many children that node has. */
  | { readonly kind: 'count-sequential'; readonly parent: string }
  | { readonly kind: 'multi'; readonly parts: readonly ZnodeChange[] };

interface Znode {
  readonly data: string;
  readonly version: number;
}

/** The nodes there are by their paths, and how many sequential children each parent has got. */
interface ZnodeState {
  readonly nodes: ReadonlyMap<string, Znode>;
  readonly counters: ReadonlyMap<string, number>;
}

/** How results are put in words; who records a history uses these. */
export const znodeResult = {
  /** A create, delete, check or multi that was done. */
  done: 'done',
  /** A set that was done, or an exists. */
  version: (version: number): string => `v${version}`,
  /** An exists that found nothing. */
  absent: 'absent',
  get: (data: string, version: number): string => `${JSON.stringify(data)} v${version}`,
  /** The number a sequential node got, or how many there are. */
  number: (number: number): string => `#${number}`,
  /** `NODE_EXISTS`, `NO_NODE` or `BAD_VERSION`; of a multi with the part that failed. */
  error: (code: string, part?: number): string =>
    part === undefined ? code : `${code} in part ${part}`,
};

/** ZooKeeper's nodes as versioned registers. */
export const znodeModel: SequentialModel<ZnodeState, ZnodeOp> = {
  initial: { nodes: new Map(), counters: new Map() },

  keys(op) {
    if (op.kind === 'multi') return op.parts.map(({ path }) => path);
    return [
      op.kind === 'create-sequential' || op.kind === 'count-sequential' ? op.parent : op.path,
    ];
  },

  apply(state, op) {
    const { nodes, counters } = state;
    switch (op.kind) {
      case 'create-sequential': {
        const number = counters.get(op.parent) ?? 0;
        const next = new Map(counters).set(op.parent, number + 1);
        return [{ nodes, counters: next }, znodeResult.number(number)];
      }
      case 'count-sequential':
        return [state, znodeResult.number(counters.get(op.parent) ?? 0)];
      case 'get': {
        const node = nodes.get(op.path);
        if (node === undefined) return [state, znodeResult.error('NO_NODE')];
        return [state, znodeResult.get(node.data, node.version)];
      }
      case 'exists': {
        const node = nodes.get(op.path);
        return [state, node === undefined ? znodeResult.absent : znodeResult.version(node.version)];
      }
      case 'multi':
        return applyMulti(state, op.parts);
      default: {
        const changed = change(nodes, op);
        if (typeof changed === 'string') return [state, znodeResult.error(changed)];
        const after = changed.get(op.path);
        const isSet = op.kind === 'set' && after !== undefined;
        const result = isSet ? znodeResult.version(after.version) : znodeResult.done;
        return [{ nodes: changed, counters }, result];
      }
    }
  },

  identify({ nodes, counters }) {
    const words = [...nodes].map(([path, { data, version }]) => `${path} ${version} ${data}`);
    return [...words.sort(), ...[...counters].sort().flat()].join('\n');
  },
};

function applyMulti(state: ZnodeState, parts: readonly ZnodeChange[]): [ZnodeState, string] {
  let { nodes } = state;
  for (const [i, part] of parts.entries()) {
    const changed = change(nodes, part);
    if (typeof changed === 'string') return [state, znodeResult.error(changed, i)];
    nodes = changed;
  }
  return [{ nodes, counters: state.counters }, znodeResult.done];
}

/** The nodes after a change, or the code of its refusal. */
function change(
  nodes: ReadonlyMap<string, Znode>,
  op: ZnodeChange,
): ReadonlyMap<string, Znode> | string {
  const node = nodes.get(op.path);
  if (op.kind === 'create') {
    if (node !== undefined) return 'NODE_EXISTS';
    return new Map(nodes).set(op.path, { data: op.data, version: 0 });
  }
  if (node === undefined) return 'NO_NODE';
  if (op.version !== -1 && op.version !== node.version) return 'BAD_VERSION';
  if (op.kind === 'check') return nodes;
  const after = new Map(nodes);
  if (op.kind === 'delete') after.delete(op.path);
  else after.set(op.path, { data: op.data, version: node.version + 1 });
  return after;
}
