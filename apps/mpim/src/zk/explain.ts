import { ZooKeeperError } from '@mpim/zookeeper';
import { CommandError } from '../command-error.ts';

/**
 * Puts a refusal into zkCli's words and adds what to do next; anything else passes unchanged. `authFile` holds the
 * identities that were shown, if any were.
 */
export function explain(error: unknown, server: string, authFile?: string): unknown {
  if (!(error instanceof ZooKeeperError)) return error;
  const message = messageFor(error, error.path ?? '', server, authFile);
  return message === undefined ? error : new CommandError('ZOOKEEPER', message, { cause: error });
}

function messageFor(
  { code, message }: ZooKeeperError,
  path: string,
  server: string,
  authFile: string | undefined,
): string | undefined {
  switch (code) {
    case 'NO_NODE':
      return `Node does not exist: ${path}. For create, make its parent first; mpim zk ls shows what is there.`;
    case 'NODE_EXISTS':
      return `Node already exists: ${path}. Change it with mpim zk set, or remove it with mpim zk delete.`;
    case 'NOT_EMPTY':
      return `Node not empty: ${path}. Remove it with all that is below: mpim zk deleteall ${path}.`;
    case 'BAD_VERSION':
      return `Version is not valid: ${path}. Somebody changed it; read its version again with mpim zk stat ${path}.`;
    case 'NO_AUTH':
      return authFile === undefined
        ? `Insufficient permission: ${path}. Its ACL does not let everybody do that: name a file with an identity with --zookeeper-auth-file.`
        : `Insufficient permission: ${path}. Its ACL does not let the identities in ${authFile} do that.`;
    case 'AUTH_FAILED':
      return authFile === undefined
        ? `The server at ${server} refuses whoever shows no identity (${message}). Name a file with one with --zookeeper-auth-file.`
        : `The server at ${server} refuses an identity in ${authFile} (${message}).`;
    case 'NO_CHILDREN_FOR_EPHEMERALS':
      return `Ephemerals cannot have children: ${path}.`;
    case 'INVALID_ACL':
      return `ACL is not valid for ${path}: write scheme:id:permissions, e.g. world:anyone:cdrwa.`;
    case 'UNIMPLEMENTED':
      return `The server at ${server} does not have this operation (TTLs need extended types on Apache ZooKeeper).`;
    case 'CONNECT_TIMEOUT':
      return `No ZooKeeper answers at ${server}. Is it running (mpim up, mpim zookeeper)? Name another with --server host:port.\n${message}.`;
    case 'MARSHALLING_ERROR':
      return `${message} (--zookeeper-max-answer-bytes).`;
    case 'CONNECTION_LOSS':
    case 'SESSION_EXPIRED':
      return `The connection to ${server} was lost on the way; the change may have been made. Look before repeating it.`;
    default:
      return undefined;
  }
}
