import { Permission, type SetDataRequest } from '@mpim/zookeeper/protocol';
import { checkAcl } from '../acl/check-acl.ts';
import type { SetDataTxn } from '../txn/txn.ts';
import { checkQuota, nextVersion, type PrepareContext, requireNode } from './prepare-context.ts';
import { checkPath } from './request-path.ts';

/** Decides a change of data. */
export function prepareSetData(context: PrepareContext, request: SetDataRequest): SetDataTxn {
  const { path } = request;
  checkPath(path);
  const node = requireNode(context.tree, path);
  checkAcl(node.acl, Permission.write, context.identities);
  checkQuota(context, path, request.data);
  const version = nextVersion(node.version, request.version);
  const data = request.data === null ? null : Buffer.from(request.data);
  return { kind: 'setData', path, data, version };
}
