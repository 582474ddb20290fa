import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApacheEnsemble, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { doorsOf, type Member, membersOf } from '../../support/controlled-members.ts';

/** Members to run kazoo's tests against, stopped when they are disposed of. */
export interface KazooCluster extends AsyncDisposable {
  readonly members: readonly Member[];
}

const MEMBERS = 3;
/** The user `super` with the password `test`, as kazoo's own cluster has it and the testkit's servers have it. */
const SUPER_DIGEST = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=';
/** The users of kazoo's own cluster, by SASL. */
const SASL_USERS = { super: 'super_secret', jaasuser: 'jaas_password' };

/** One of our servers behind three doors. */
export async function ourCluster(): Promise<KazooCluster> {
  const server = await ZooKeeperServer.start({
    fourLetterWordWhitelist: ['*'],
    superDigest: SUPER_DIGEST,
    saslUsers: SASL_USERS,
    maxClientConnections: 0,
  });
  return {
    members: await doorsOf(server, MEMBERS),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** An ensemble of Apache ZooKeepers, set up as kazoo's own harness does it. */
export async function apacheCluster(): Promise<KazooCluster> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await temporaryFolder('kazoo'));
  const jaas = join(folder.path, 'jaas.conf');
  const users = Object.entries(SASL_USERS).map(([name, password]) => `user_${name}="${password}"`);
  const login = 'org.apache.zookeeper.server.auth.DigestLoginModule required';
  await writeFile(jaas, `Server {\n  ${[login, ...users].join('\n  ')};\n};\n`);
  const ensemble = starting.use(
    await ApacheEnsemble.start({
      nodes: MEMBERS,
      settings: {
        tickTime: 2000,
        initLimit: 4,
        syncLimit: 2,
        forceSync: 'no',
        reconfigEnabled: true,
        'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
      },
      java: [
        '-Dfile.encoding=UTF-8',
        '-Dreadonlymode.enabled=true',
        `-Djava.security.auth.login.config=${jaas}`,
      ],
    }),
  );
  const running = starting.move();
  return {
    members: membersOf(ensemble),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
