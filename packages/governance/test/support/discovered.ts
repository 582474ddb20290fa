import type { Instance } from '@mpim/mprpc';
import type { ServiceDiscovery } from '../../src/index.ts';

/** The service that the tests look for. */
export const SERVICE = 'UserServiceRpc';

/** What a call to its method Login gets when nobody provides it. */
export const noProvider = {
  code: 'UNAVAILABLE',
  reason: 'NO_PROVIDER',
  message: '/UserServiceRpc/Login is not exist!',
};

/** The ids of instances. */
export const idsOf = (instances: readonly Instance[]) => instances.map(({ id }) => id);

/** The ids known at this moment, without asking anybody. */
export function known(discovery: ServiceDiscovery): string[] {
  const found = discovery.status().find(({ service }) => service === SERVICE);
  return idsOf(found?.instances ?? []);
}
