import { type DeleteRequest, ErrorCode, Permission } from '@mpim/zookeeper/protocol';
import { checkAcl } from '../acl/check-acl.ts';
import { refuse } from '../request-error.ts';
import { isSpecialPath } from '../tree/special-paths.ts';
import type { DeleteTxn } from '../txn/txn.ts';
import { nextVersion, type PrepareContext, requireNode } from './prepare-context.ts';
import { parentOf } from './request-path.ts';

/** Decides a delete: it is the parent's ACL that grants it. */
export function prepareDelete(context: PrepareContext, request: DeleteRequest): DeleteTxn {
  const { path } = request;
  const parentName = parentOf(path);
  if (isSpecialPath(path)) refuse(ErrorCode.BADARGUMENTS);
  const parent = requireNode(context.tree, parentName);
  checkAcl(parent.acl, Permission.delete, context.identities);
  const node = requireNode(context.tree, path);
  nextVersion(node.version, request.version);
  if (node.childCount > 0) refuse(ErrorCode.NOTEMPTY);
  return { kind: 'delete', path };
}
