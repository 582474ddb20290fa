import {
  type MultiRequest,
  type MultiResponse,
  type MultiResponseItem,
  OpCode,
  type Stat,
} from '../../protocol/index.ts';
import { ZooKeeperError, type ZooKeeperErrorCode, zooKeeperErrorCode } from '../errors.ts';
import { namesOf } from '../known-names.ts';
import type { Chroot } from './chroot.ts';
import { checkParts, requirePart, unknownPart } from './multi.ts';

/** One part of a multiRead. */
export type MultiReadOperation =
  | { readonly type: 'get'; readonly path: string }
  | { readonly type: 'children'; readonly path: string };

/** What one part found; parts fail on their own, such as with `NO_NODE`. */
export type MultiReadResult =
  | { readonly type: 'get'; readonly data: Buffer | null; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: string[] }
  | { readonly type: 'error'; readonly code: ZooKeeperErrorCode };

/** The result for each operation, in their order. */
export type MultiReadResults<O extends readonly MultiReadOperation[]> = {
  -readonly [K in keyof O]: Extract<MultiReadResult, { type: O[K]['type'] | 'error' }>;
};

const CODES: ReadonlyMap<unknown, typeof OpCode.getData | typeof OpCode.getChildren> = new Map([
  ['get', OpCode.getData],
  ['children', OpCode.getChildren],
]);

const PART = namesOf<MultiReadOperation>({ type: true, path: true });

/** The request. Throws `BAD_ARGUMENTS`. */
export function multiReadRequest(
  chroot: Chroot,
  operations: readonly MultiReadOperation[],
): MultiRequest {
  checkParts('multiRead', operations);
  return {
    operations: operations.map((operation, at) => {
      const type = CODES.get(operation.type);
      if (type === undefined) throw unknownPart('multiRead', operation, at, 'get, children');
      requirePart('multiRead', operation, at, PART);
      return { type, request: { path: chroot.toServer(operation.path), watch: false } };
    }),
  };
}

/** The results. Throws `MARSHALLING_ERROR` if they do not belong to the operations. */
export function multiReadResults<const O extends readonly MultiReadOperation[]>(
  operations: O,
  response: MultiResponse,
): MultiReadResults<O> {
  const { results } = response;
  const found = operations.map(({ type, path }, at) => {
    const item = results[at];
    const each = item && result(item);
    if (each === undefined || (each.type !== 'error' && each.type !== type)) {
      throw new ZooKeeperError('MARSHALLING_ERROR', `multiRead: no answer to ${type} ${path}`);
    }
    return each;
  });
  return found as MultiReadResults<O>;
}

function result(item: MultiResponseItem): MultiReadResult | undefined {
  switch (item.type) {
    case OpCode.getData:
      return { type: 'get', data: item.response.data, stat: item.response.stat };
    case OpCode.getChildren:
      return { type: 'children', children: [...item.response.children] };
    case OpCode.error:
      return { type: 'error', code: zooKeeperErrorCode(item.response.error) };
    default:
      return undefined;
  }
}
