import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AclIdentity, identityAcl } from '@mpim/governance';
import { type Acl, digestId, type Identity, type SaslSource } from '@mpim/zookeeper';
import { ServiceKitError } from '../error.ts';

/** Who a process is to ZooKeeper, and who may change what it creates there. */
export interface ZooKeeperAuth {
  /** Where it was read, for messages. */
  readonly file: string;
  /** For the option `auth` of the client. */
  readonly auth: readonly Identity[];
  /** For the option `sasl` of the client: the password is read again for each connection. */
  readonly sasl: SaslSource | undefined;
  /** Of created nodes: the file's identities may do everything, everybody else may read. */
  readonly acl: readonly Acl[];
  /** What is not as it should be, with the remedy; for the log. */
  readonly warnings: readonly string[];
}

interface Line {
  readonly scheme: 'digest' | 'sasl';
  readonly user: string;
  readonly password: string;
}

const OTHERS_MAY = 0o007;
const GROUP_WRITES = 0o020;
const GROUP_READS = 0o040;
const LINE = /^(digest|sasl)[ \t]+([^:]*):(.*)$/;

/**
 * Reads the identities to show to ZooKeeper, one per line, `digest user:password` or `sasl user:password`; empty lines
 * and those that begin with `#` are passed over. `undefined` when no file is named. Messages never hold what is in the
 * file.
 *
 * The password of SASL is read again for each connection. While the file cannot be used then, or names another user, the
 * last good one stays in use; `refused` hears why, once for each reason.
 *
 * @throws ServiceKitError `ZOOKEEPER_AUTH` when it cannot be read, is open to other users, or a line is not an identity
 */
export function loadZooKeeperAuth(
  file: string,
  refused: (error: unknown) => void = () => {},
): ZooKeeperAuth | undefined {
  if (file === '') return undefined;
  const path = resolve(file);
  const { lines, mode } = readLines(path);
  const sasl = lines.find(isSasl);
  return {
    file: path,
    auth: lines
      .filter((line) => !isSasl(line))
      .map(({ user, password }) => ({ scheme: 'digest', auth: `${user}:${password}` })),
    sasl: sasl && rereadSasl(path, sasl, refused),
    acl: identityAcl(lines.map(aclIdentity)),
    warnings:
      (mode & GROUP_READS) === 0 || process.platform === 'win32'
        ? []
        : [`${path} can be read by its group; unless that is meant: chmod 600 ${path}`],
  };
}

/** Only the password may change: who the process is decides who owns what it creates, and that is settled at the start. */
function rereadSasl(path: string, atStart: Line, refused: (error: unknown) => void): SaslSource {
  const username = atStart.user;
  let { password } = atStart;
  let told = '';
  return () => {
    try {
      const now = readLines(path).lines.find(isSasl);
      if (now?.user !== username) {
        throw unusable(
          `${path} no longer names the SASL user of the start: to be another, restart.`,
        );
      }
      password = now.password;
      told = '';
    } catch (error) {
      const { message } = error as ServiceKitError;
      if (message !== told) refused(error);
      told = message;
    }
    return { username, password };
  };
}

function isSasl({ scheme }: Line): boolean {
  return scheme === 'sasl';
}

function readLines(path: string): { lines: Line[]; mode: number } {
  const { text, mode } = read(path);
  if (process.platform !== 'win32' && (mode & (OTHERS_MAY | GROUP_WRITES)) !== 0) {
    throw unusable(
      `${path} is open to other users of this machine. Close it with: chmod 600 ${path}`,
    );
  }
  return { lines: parse(text, path), mode };
}

function read(path: string): { text: string; mode: number } {
  let file: number | undefined;
  try {
    // Opened once, so that the rights are those of the file that is read.
    file = openSync(path, 'r');
    return { text: readFileSync(file, 'utf8'), mode: fstatSync(file).mode };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(
      `Cannot read the identities for ZooKeeper: ${reason}. Name a file this user may read with --zookeeper-auth-file.`,
      cause,
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function parse(text: string, path: string): Line[] {
  const lines: Line[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const at = `${path}:${index + 1}`;
    const [, scheme, user, password] = LINE.exec(content) ?? [];
    if (scheme === undefined) {
      throw unusable(`${at} is no identity: write "digest user:password" or "sasl user:password".`);
    }
    if (!user || !password)
      throw unusable(`${at} lacks the user or the password before or after ":".`);
    if (scheme === 'sasl' && lines.some((line) => line.scheme === 'sasl')) {
      throw unusable(
        `${at} is a second sasl identity: a connection has one at most; leave one out.`,
      );
    }
    lines.push({ scheme: scheme as Line['scheme'], user, password });
  }
  if (lines.length > 0) return lines;
  throw unusable(
    `${path} holds no identity: write "digest user:password" or "sasl user:password".`,
  );
}

function aclIdentity({ scheme, user, password }: Line): AclIdentity {
  return { scheme, id: scheme === 'sasl' ? user : digestId(`${user}:${password}`) };
}

function unusable(message: string, cause?: unknown): ServiceKitError {
  return new ServiceKitError('ZOOKEEPER_AUTH', message, { cause });
}
