import { Permission, type SetAclRequest } from '@mpim/zookeeper/protocol';
import { checkAcl } from '../acl/check-acl.ts';
import { fixUpAcl } from '../acl/fix-up-acl.ts';
import type { SetAclTxn } from '../txn/txn.ts';
import { nextVersion, type PrepareContext, requireNode } from './prepare-context.ts';
import { checkPath } from './request-path.ts';

/** Decides a change of an ACL; the expected version is the aversion. */
export function prepareSetAcl(context: PrepareContext, request: SetAclRequest): SetAclTxn {
  const { path } = request;
  checkPath(path);
  const acl = fixUpAcl(request.acl, context);
  const node = requireNode(context.tree, path);
  checkAcl(node.acl, Permission.admin, context.identities);
  return { kind: 'setAcl', path, acl, version: nextVersion(node.aversion, request.version) };
}
