import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJaas } from '@mpim/zookeeper-server';

const MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule';

test('names and passwords are read from the section of the server', () => {
  const source = `
// who may come in
Client { ${MODULE} required username="x" password="other"; };
Server {
    ${MODULE} required
    user_super="admin;//secret"
    /* user_old="gone" */
    user_bob = "b\\"o}b";
};
`;
  assert.deepEqual(parseJaas(source, 'jaas.conf'), { super: 'admin;//secret', bob: 'b"o}b' });
});

test('what cannot be used is said without telling a password', () => {
  for (const [source, message] of [
    ['', /^jaas\.conf: there is no section Server/],
    ['Server {', /no section Server/],
    ['Server { com.sun.security.auth.module.Krb5LoginModule required; };', /DIGEST-MD5 only/],
    [`Server { ${MODULE} required password="hidden"; };`, /^((?!hidden).)*no user_<name>/],
  ] as const) {
    assert.throws(() => parseJaas(source, 'jaas.conf'), { code: 'BAD_OPTION', message });
  }
});
