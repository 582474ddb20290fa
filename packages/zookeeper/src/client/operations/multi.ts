import {
  type Acl,
  type CreateMode,
  type MultiRequest,
  type MultiRequestItem,
  type MultiResponse,
  type MultiResponseItem,
  OpCode,
  type Stat,
} from '../../protocol/index.ts';
import { badArgument, requireObject } from '../arguments.ts';
import { expectedVersion } from '../calls/check-call.ts';
import { type MultiErrorResult, ZooKeeperError, zooKeeperErrorCode } from '../errors.ts';
import { misnamed, namesOf, unknownName } from '../known-names.ts';
import type { Chroot } from './chroot.ts';
import { createRequest } from './create-request.ts';
import { toBuffer } from './to-buffer.ts';

/** One part of a transaction. Versions are expected ones; -1, the default, is any. */
export type MultiOperation =
  | {
      readonly type: 'create';
      readonly path: string;
      readonly data?: Uint8Array | string | null | undefined;
      readonly mode?: CreateMode | undefined;
      readonly acl?: readonly Acl[] | undefined;
      readonly ttlMs?: number | undefined;
    }
  | {
      readonly type: 'set';
      readonly path: string;
      readonly data: Uint8Array | string | null;
      readonly version?: number | undefined;
    }
  | { readonly type: 'delete'; readonly path: string; readonly version?: number | undefined }
  /** The node must be there, in this version. */
  | { readonly type: 'check'; readonly path: string; readonly version?: number | undefined };

type Part<T extends MultiOperation['type']> = Extract<MultiOperation, { readonly type: T }>;

const VERSIONED = { type: true, path: true, version: true } as const;
const CREATE = namesOf<Part<'create'>>({
  type: true,
  path: true,
  data: true,
  mode: true,
  acl: true,
  ttlMs: true,
});
const SET = namesOf<Part<'set'>>({ ...VERSIONED, data: true });
const DELETE_OR_CHECK = namesOf<Part<'delete' | 'check'>>(VERSIONED);

/** What one part of a successful transaction did. */
export type MultiResult =
  /** Servers before 3.8.2 give no Stat here (ZOOKEEPER-4026). */
  | { readonly type: 'create'; readonly path: string; readonly stat: Stat | undefined }
  | { readonly type: 'set'; readonly stat: Stat }
  | { readonly type: 'delete' }
  | { readonly type: 'check' };

/** The result for each operation of a successful transaction, in their order. */
export type MultiResults<O extends readonly MultiOperation[]> = {
  -readonly [K in keyof O]: Extract<MultiResult, { type: O[K]['type'] }>;
};

/** The request for a transaction. Throws `BAD_ARGUMENTS`. */
export function multiRequest(chroot: Chroot, operations: readonly MultiOperation[]): MultiRequest {
  checkParts('multi', operations);
  return { operations: operations.map((operation, at) => requestItem(chroot, operation, at)) };
}

/**
 * The results of a transaction. Throws the culprit's error, with `results` and `failedIndex`, and
 * `MARSHALLING_ERROR` if they do not belong to the operations.
 */
export function multiResults<const O extends readonly MultiOperation[]>(
  chroot: Chroot,
  operations: O,
  response: MultiResponse,
): MultiResults<O> {
  const results = response.results.map((item) => result(chroot, item));
  const errors = results.filter((each) => each.type === 'error');
  if (errors.length > 0) throw failure(operations, errors);
  const misfit = operations.findIndex(({ type }, at) => results[at]?.type !== type);
  if (misfit >= 0 || results.length !== operations.length) {
    const message = `multi: ${results.length} results for ${operations.length} operations, or of other kinds`;
    throw new ZooKeeperError('MARSHALLING_ERROR', message, { sent: true });
  }
  return results as MultiResults<O>;
}

function requestItem(chroot: Chroot, operation: MultiOperation, at: number): MultiRequestItem {
  const { path } = operation;
  switch (operation.type) {
    case 'create': {
      requirePart('multi', operation, at, CREATE);
      const { mode, request, ttlMs } = createRequest(
        chroot,
        path,
        operation.data ?? null,
        operation,
      );
      if (ttlMs !== undefined) return { type: OpCode.createTTL, request: { ...request, ttlMs } };
      return { type: mode === 'container' ? OpCode.createContainer : OpCode.create2, request };
    }
    case 'set': {
      requirePart('multi', operation, at, SET);
      const serverPath = chroot.toServer(path);
      const data = toBuffer(operation.data, path);
      const version = expectedVersion(operation, path);
      return { type: OpCode.setData, request: { path: serverPath, data, version } };
    }
    case 'delete': {
      requirePart('multi', operation, at, DELETE_OR_CHECK);
      const request = { path: chroot.toServer(path), version: expectedVersion(operation, path) };
      return { type: OpCode.delete, request };
    }
    case 'check': {
      requirePart('multi', operation, at, DELETE_OR_CHECK);
      const request = { path: chroot.toServer(path), version: expectedVersion(operation, path) };
      return { type: OpCode.check, request };
    }
    default:
      throw unknownPart('multi', operation, at, 'create, set, delete, check');
  }
}

/** Refuses what has no parts to look at. */
export function checkParts(what: string, operations: readonly object[]): void {
  if (!Array.isArray(operations)) throw badArgument(what, operations, 'a list of operations');
  for (const [at, each] of operations.entries()) {
    requireObject(`operation ${at} of ${what}`, each, 'an object with type and path');
  }
}

/** Refuses fields that a part of its kind has no use for. */
export function requirePart(
  what: string,
  part: object,
  at: number,
  names: ReadonlySet<string>,
): void {
  const key = unknownName(part, names);
  if (key !== undefined) throw misnamed(`operation ${at} of ${what}`, key, names);
}

/** For those whom no compiler tells. */
export function unknownPart(
  what: string,
  { type }: { readonly type: string },
  at: number,
  known: string,
): ZooKeeperError {
  return badArgument(`type of operation ${at} of ${what}`, type, `one of ${known}`);
}

function result(chroot: Chroot, item: MultiResponseItem): MultiResult | MultiErrorResult {
  switch (item.type) {
    case OpCode.create:
      return { type: 'create', path: chroot.toClient(item.response.path), stat: undefined };
    case OpCode.create2: {
      const { path, stat } = item.response;
      return { type: 'create', path: chroot.toClient(path), stat };
    }
    case OpCode.setData:
      return { type: 'set', stat: item.response.stat };
    case OpCode.delete:
      return { type: 'delete' };
    case OpCode.check:
      return { type: 'check' };
    case OpCode.error:
      return { type: 'error', code: zooKeeperErrorCode(item.response.error) };
    default:
      throw new ZooKeeperError('MARSHALLING_ERROR', `a multi was answered with type ${item.type}`);
  }
}

function failure(
  operations: readonly MultiOperation[],
  results: readonly MultiErrorResult[],
): ZooKeeperError {
  const isCulprit = ({ code }: MultiErrorResult) =>
    code !== 'OK' && code !== 'RUNTIME_INCONSISTENCY';
  const at = Math.max(results.findIndex(isCulprit), 0);
  const code = results[at]?.code ?? 'UNKNOWN_ERROR';
  const { type, path } = operations[at] ?? { type: 'operation', path: '' };
  const message = `multi: ${type} ${path} (operation ${at} of ${operations.length}) failed with ${code}; nothing was applied`;
  return new ZooKeeperError(code, message, { path, results, failedIndex: at });
}
