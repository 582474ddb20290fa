import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RpcChannelOptions } from '@mpim/mprpc';
import { loadServiceSecrets, SERVICE_SECRET_FILE } from '@mpim/service-kit';

/** Where the secret between services is looked for unless told otherwise: as `mpim up` leaves it; `undefined` when it is not there. */
export function defaultSecretFile(): string | undefined {
  const file = process.env.MPIM_SERVICE_SECRET_FILE || join('data', SERVICE_SECRET_FILE);
  return existsSync(file) ? file : undefined;
}

/** What a channel needs to call services that share the secret in `file`; nothing without one. */
export function authentication(
  file: string | undefined,
): Pick<RpcChannelOptions, 'authentication'> {
  return file === undefined ? {} : { authentication: { secret: loadServiceSecrets('', file).own } };
}
