import {
  type CreateMode,
  type CreateRequest,
  type CreateTtlRequest,
  createModeFromFlags,
  ErrorCode,
  isEphemeral,
  isSequential,
  isTtl,
  OpCode,
  Permission,
} from '@mpim/zookeeper/protocol';
import { checkAcl } from '../acl/check-acl.ts';
import { fixUpAcl } from '../acl/fix-up-acl.ts';
import { refuse } from '../request-error.ts';
import { CONTAINER_OWNER, isValidTtl, NO_OWNER, ownerKind, ttlOwner } from '../tree/owner.ts';
import type { CreateOpCode, CreateTxn } from '../txn/txn.ts';
import { checkQuota, type PrepareContext, requireNode } from './prepare-context.ts';
import { checkPath, parentOf } from './request-path.ts';

const SEQUENCE_DIGITS = 10;
const NO_TTL = -1;

/**
 * Decides a create. The order of the checks is ZooKeeper's and visible to clients
 * (`PrepRequestProcessor.pRequest2TxnCreate`).
 */
export function prepareCreate(
  context: PrepareContext,
  op: CreateOpCode,
  request: CreateRequest | CreateTtlRequest,
): CreateTxn {
  const mode = createModeFromFlags(request.flags) ?? refuse(ErrorCode.BADARGUMENTS);
  const ttlMs = 'ttlMs' in request ? request.ttlMs : NO_TTL;
  if (isTtl(mode) && !context.extendedTypes) refuse(ErrorCode.UNIMPLEMENTED);
  if (isTtl(mode) !== (op === OpCode.createTTL)) refuse(ErrorCode.BADARGUMENTS);
  if (isTtl(mode) && !isValidTtl(ttlMs)) refuse(ErrorCode.BADARGUMENTS);
  const parentName = parentOf(request.path);
  const acl = fixUpAcl(request.acl, context);
  const parent = requireNode(context.tree, parentName);
  checkAcl(parent.acl, Permission.create, context.identities);
  const path = isSequential(mode) ? request.path + sequenceSuffix(parent.cversion) : request.path;
  checkPath(path);
  if (context.tree.get(path) !== undefined) refuse(ErrorCode.NODEEXISTS);
  if (ownerKind(parent.ephemeralOwner) === 'session') refuse(ErrorCode.NOCHILDRENFOREPHEMERALS);
  checkQuota(context, path, request.data);
  return {
    kind: 'create',
    op,
    path,
    data: request.data === null ? null : Buffer.from(request.data),
    acl,
    ephemeralOwner: ownerOf(context, op, mode, ttlMs),
    parentCversion: (parent.cversion + 1) | 0,
  };
}

/** Ten digits of a signed counter, as Java's `%010d` prints it. */
export function sequenceSuffix(counter: number): string {
  return counter < 0
    ? `-${String(-counter).padStart(SEQUENCE_DIGITS - 1, '0')}`
    : String(counter).padStart(SEQUENCE_DIGITS, '0');
}

function ownerOf(
  context: PrepareContext,
  op: CreateOpCode,
  mode: CreateMode,
  ttlMs: number,
): bigint {
  if (op === OpCode.createContainer) return CONTAINER_OWNER;
  if (op === OpCode.createTTL) return ttlOwner(ttlMs);
  return isEphemeral(mode) ? context.sessionId : NO_OWNER;
}
