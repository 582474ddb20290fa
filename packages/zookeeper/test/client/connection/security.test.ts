import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import {
  ApacheZooKeeper,
  freePort,
  jaasConfig,
  missingDebianPackage,
  type TemporaryFolder,
  temporaryFolder,
} from '@mpim/testkit';
import { type Listener, ZooKeeperServer } from '@mpim/zookeeper-server';
import { noSasl, SASL_USERS, sasl } from '../suite/sasl.ts';
import { authority, serverCertificate, tls } from '../suite/tls.ts';

const skip = await missingDebianPackage('zookeeper');

describe('security against the embedded server', () => {
  let running: ZooKeeperServer | undefined;
  let plain: ZooKeeperServer | undefined;
  let doors: Record<'open' | 'strict', Listener> | undefined;
  before(async () => {
    running = await ZooKeeperServer.start({ saslUsers: SASL_USERS, tickTimeMs: 500 });
    plain = await ZooKeeperServer.start({ tickTimeMs: 500 });
    doors = {
      open: await running.listen({ tls: serverCertificate }),
      strict: await running.listen({ tls: { ...serverCertificate, ca: authority.ca } }),
    };
  });
  after(async () => {
    await running?.stop();
    await plain?.stop();
  });
  const server = () => {
    assert.ok(running !== undefined);
    return running;
  };
  const door = (name: 'open' | 'strict') => () => {
    assert.ok(running !== undefined && doors !== undefined);
    return { port: running.port, securePort: doors[name].port };
  };

  // Together, as most of it is waiting.
  describe('suite', { concurrency: true }, () => {
    sasl(server);
    noSasl(() => {
      assert.ok(plain !== undefined);
      return plain;
    });
    tls(door('open'), 'none');
    tls(door('strict'), 'a certificate');
  });
});

describe('security against Apache ZooKeeper', { skip: skip ?? false }, () => {
  let folder: TemporaryFolder | undefined;
  const servers: Partial<
    Record<'strict' | 'open', { server: ApacheZooKeeper; securePort: number }>
  > = {};
  const get = (name: 'strict' | 'open') => {
    const found = servers[name];
    assert.ok(found !== undefined);
    return found;
  };
  before(async () => {
    folder = await temporaryFolder('apache-security');
    const { path } = folder;
    const { cert, key } = serverCertificate;
    await writeFile(join(path, 'server.pem'), `${key}${cert}`);
    await writeFile(join(path, 'ca.pem'), authority.ca);
    await writeFile(join(path, 'jaas.conf'), jaasConfig(SASL_USERS));
    const start = async (clientAuth: 'need' | 'none', java: string[]) => {
      const securePort = await freePort();
      const server = await ApacheZooKeeper.start(
        {
          serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
          secureClientPort: securePort,
          secureClientPortAddress: '127.0.0.1',
          'ssl.keyStore.location': join(path, 'server.pem'),
          'ssl.trustStore.location': join(path, 'ca.pem'),
          'ssl.clientAuth': clientAuth,
          'authProvider.x509': 'org.apache.zookeeper.server.auth.X509AuthenticationProvider',
          'authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
        },
        ['-Xmx256m', ...java],
      );
      return { server, securePort };
    };
    [servers.strict, servers.open] = await Promise.all([
      start('need', [`-Djava.security.auth.login.config=${join(path, 'jaas.conf')}`]),
      start('none', []),
    ]);
  });
  after(async () => {
    await Promise.all(Object.values(servers).map(({ server }) => server.stop()));
    await folder?.[Symbol.asyncDispose]();
  });
  const door = (name: 'open' | 'strict') => () => {
    const { server, securePort } = get(name);
    return { port: server.port, securePort };
  };

  describe('suite', { concurrency: true }, () => {
    sasl(() => get('strict').server);
    noSasl(() => get('open').server);
    tls(door('open'), 'none');
    tls(door('strict'), 'a certificate');
  });
});
