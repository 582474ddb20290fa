import { type CheckVersionRequest, Permission } from '@mpim/zookeeper/protocol';
import { checkAcl } from '../acl/check-acl.ts';
import type { CheckTxn } from '../txn/txn.ts';
import { nextVersion, type PrepareContext, requireNode } from './prepare-context.ts';
import { checkPath } from './request-path.ts';

/** Decides a condition within a multi. */
export function prepareCheck(context: PrepareContext, request: CheckVersionRequest): CheckTxn {
  const { path } = request;
  checkPath(path);
  const node = requireNode(context.tree, path);
  checkAcl(node.acl, Permission.read, context.identities);
  return { kind: 'check', path, version: nextVersion(node.version, request.version) };
}
