import { ZooKeeperError } from '@mpim/zookeeper';
import { ServiceKitError } from '../error.ts';

/** Whom a service works with, and by what identities; for messages. */
export interface ZooKeeperAccess {
  /** The connect string. */
  readonly servers: string;
  /** The file with the identities; undefined when none is given. */
  readonly authFile: string | undefined;
}

/**
 * Puts it into words, with the remedy, when ZooKeeper refused an identity or what was asked by it: `ZOOKEEPER_AUTH`.
 * Any other error passes unchanged.
 */
export function explainRefusal(error: unknown, { servers, authFile }: ZooKeeperAccess): unknown {
  if (!(error instanceof ZooKeeperError)) return error;
  const refused = (message: string) =>
    new ServiceKitError('ZOOKEEPER_AUTH', message, { cause: error });
  if (error.code === 'AUTH_FAILED') return refused(refusedIdentity(servers, authFile, error));
  if (error.code !== 'NO_AUTH') return error;
  const node = error.path ?? 'a node';
  return refused(
    authFile === undefined
      ? `ZooKeeper at ${servers} lets only an identity change ${node}. Name the file that holds it with --zookeeper-auth-file and start again.`
      : `ZooKeeper at ${servers} does not let the identities in ${authFile} change ${node}: it belongs to others. Give the identity that owns it, or see who may with: mpim access check.`,
  );
}

/** The server knows no such user, the password is wrong, or it demands an identity where none was given. */
export function refusedIdentity(
  servers: string,
  authFile: string | undefined,
  { message }: { readonly message: string },
): string {
  return authFile === undefined
    ? `ZooKeeper at ${servers} refuses whoever shows no identity (${message}). Name a file with one with --zookeeper-auth-file and start again.`
    : `ZooKeeper at ${servers} refuses an identity in ${authFile} (${message}). Mend the file, or the users of the servers, and start again.`;
}

/** Whether trying on is in vain until somebody mends identities or ACLs. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ServiceKitError && error.code === 'ZOOKEEPER_AUTH';
}
