import { ZooKeeperServerError } from '../errors.ts';

const SECTION = 'Server';
const MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule';
/** A quoted text, a comment, or anything between blanks and the signs that end entries. */
const TOKEN = /"((?:[^"\\]|\\.)*)"|\/\*[\s\S]*?\*\/|\/\/.*|([{};=])|([^\s{};="]+)/g;

/**
 * Names and passwords of SASL users from the JAAS file of an Apache ZooKeeper server, the one that
 * `-Djava.security.auth.login.config` names: `Server { …DigestLoginModule required user_bob="secret"; };`.
 * Throws `ZooKeeperServerError` `BAD_OPTION` if it has no such section, or another login module.
 */
export function parseJaas(source: string, path: string): Record<string, string> {
  const tokens = [...source.matchAll(TOKEN)].flatMap(([, quoted, sign, word]) => {
    const token = quoted?.replace(/\\(.)/g, '$1') ?? sign ?? word;
    return token === undefined ? [] : [token];
  });
  const start = tokens.findIndex((token, i) => token === SECTION && tokens[i + 1] === '{');
  const end = start < 0 ? -1 : tokens.indexOf('}', start);
  if (start < 0 || end < 0) bad(path, `there is no section ${SECTION} { … };`);
  const entry = tokens.slice(start + 2, end);
  if (entry[0] !== MODULE) {
    bad(path, `section ${SECTION} must name ${MODULE}: SASL is spoken as DIGEST-MD5 only`);
  }
  const users: Record<string, string> = {};
  for (const [i, token] of entry.entries()) {
    const value = entry[i + 2];
    if (entry[i + 1] !== '=' || value === undefined || !token.startsWith('user_')) continue;
    users[token.slice('user_'.length)] = value;
  }
  if (Object.keys(users).length === 0)
    bad(path, `section ${SECTION} has no user_<name>="<password>"`);
  return users;
}

function bad(path: string, what: string): never {
  throw new ZooKeeperServerError('BAD_OPTION', `${path}: ${what}`, { path });
}
