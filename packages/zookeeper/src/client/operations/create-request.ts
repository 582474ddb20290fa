import {
  type Acl,
  CREATE_MODES,
  type CreateMode,
  type CreateRequest,
  createModeFlags,
  isSequential,
  isTtl,
  MAX_TTL_MS,
  OPEN_ACL,
} from '../../protocol/index.ts';
import { badArgument } from '../arguments.ts';
import { ZooKeeperError } from '../errors.ts';
import { checkAcl } from './check-acl.ts';
import type { Chroot } from './chroot.ts';
import { toBuffer } from './to-buffer.ts';

/** How a node is to be created. */
export interface CreateSettings {
  /** `persistent` unless told. */
  mode?: CreateMode | undefined;
  /** Open to everybody unless told. */
  acl?: readonly Acl[] | undefined;
  /** Time to live in ms, for the `-ttl` modes and only for them. */
  ttlMs?: number | undefined;
}

/** The body of a create request, and its time to live if it has one. Throws `BAD_ARGUMENTS`. */
export function createRequest(
  chroot: Chroot,
  path: string,
  data: Uint8Array | string | null,
  settings: CreateSettings,
): { mode: CreateMode; request: CreateRequest; ttlMs: number | undefined } {
  const { mode = 'persistent', acl = OPEN_ACL, ttlMs } = settings;
  const serverPath = chroot.toServer(path, { sequential: isSequential(mode) });
  if (!CREATE_MODES.includes(mode)) {
    throw badArgument(`mode of ${path}`, mode, `one of ${CREATE_MODES.join(', ')}`, path);
  }
  checkAcl(acl, path);
  if (isTtl(mode) !== (ttlMs !== undefined)) {
    const message = `create ${path}: ttlMs goes with the modes persistent-ttl and persistent-sequential-ttl, and with no other`;
    throw new ZooKeeperError('BAD_ARGUMENTS', message, { path });
  }
  if (ttlMs !== undefined && !(Number.isInteger(ttlMs) && ttlMs > 0 && ttlMs < MAX_TTL_MS)) {
    const takes = `whole ms from 1 to ${MAX_TTL_MS - 1}`;
    throw badArgument(`ttlMs of ${path}`, ttlMs, takes, path);
  }
  const flags = createModeFlags(mode);
  return { mode, request: { path: serverPath, data: toBuffer(data, path), acl, flags }, ttlMs };
}
