import type { ZooKeeperClientOptions } from '@mpim/zookeeper';
import { CommandError } from '../command-error.ts';

/**
 * Who to be to the servers: `MPIM_ZOOKEEPER_SASL` (DIGEST-MD5) and `MPIM_ZOOKEEPER_DIGEST` (ACLs of that scheme),
 * each `user:password`. There are no flags for them: everybody on the machine can read a command line.
 */
export function credentialsFrom(
  environment: NodeJS.ProcessEnv,
): Pick<ZooKeeperClientOptions, 'sasl' | 'auth'> {
  const { MPIM_ZOOKEEPER_SASL: sasl = '', MPIM_ZOOKEEPER_DIGEST: digest = '' } = environment;
  const colon = sasl.indexOf(':');
  if (sasl !== '' && colon < 1) {
    throw new CommandError('ZOOKEEPER', 'MPIM_ZOOKEEPER_SASL must be user:password.');
  }
  return {
    ...(sasl === ''
      ? {}
      : { sasl: { username: sasl.slice(0, colon), password: sasl.slice(colon + 1) } }),
    ...(digest === '' ? {} : { auth: [{ scheme: 'digest', auth: digest }] }),
  };
}
